"""What a developer reads when the actions service refuses, or is not there."""

from pathlib import Path
from typing import Any

import pytest

from tests.rigs.backstage.client import Backstage
from tests.rigs.backstage.process import free_port
from tests.rigs.backstage.service import ActionsService
from tests.rigs.github.fixtures import ModelsRepository

pytestmark = pytest.mark.backstage

UNKNOWN_MODEL = "acme/nobody-has-seen-it"


def test_the_task_error_is_the_reason_phrase_of_the_service(
    backstage: Backstage,
    actions_service: ActionsService,
    form: dict[str, Any],
    models_repository: ModelsRepository,
) -> None:
    refused = actions_service.call("inspect-model", {"model": UNKNOWN_MODEL})
    run = backstage.run("model-endpoint", form | {"model": UNKNOWN_MODEL})
    assert run.status == "failed"
    assert run.error == f"Request failed with {refused.status} {refused.reason}"
    assert refused.reason.startswith("model: ")
    assert UNKNOWN_MODEL in run.error
    assert UNKNOWN_MODEL not in actions_service.log()
    assert models_repository.git.branches() == ["main"]


def test_a_demand_beyond_the_model_is_refused_at_the_field_of_the_form(
    backstage: Backstage, form: dict[str, Any], models_repository: ModelsRepository
) -> None:
    run = backstage.run("model-endpoint", form | {"contextLength": 1_000_000})
    assert run.status == "failed"
    assert run.error is not None
    assert run.error.startswith("Request failed with 422 contextLength: ")
    assert "262144" in run.error
    assert models_repository.git.branches() == ["main"]


def test_through_the_proxy_the_reason_is_in_the_log_of_the_task(
    backstage: Backstage,
    actions_service: ActionsService,
    form: dict[str, Any],
    models_repository: ModelsRepository,
) -> None:
    refused = actions_service.call("inspect-model", {"model": UNKNOWN_MODEL})
    run = backstage.run("model-endpoint-http", form | {"model": UNKNOWN_MODEL})
    assert run.error == "Unable to complete request"
    [line] = [line for line in run.log if "There was an issue with your request" in line]
    assert f"Status code: {refused.status}" in line
    assert refused.body["error"]["message"] in line
    assert models_repository.git.branches() == ["main"]


def test_without_the_service_the_actions_are_not_registered_and_come_back_with_it(
    backstage: Backstage, actions_service: ActionsService, form: dict[str, Any]
) -> None:
    with actions_service.stopped():
        run = backstage.run("model-endpoint", form)
        assert not [identifier for identifier in backstage.actions() if identifier.startswith("neuroscale:")]
    assert run.status == "failed"
    assert run.error is not None
    assert run.error.startswith("Template action with ID 'neuroscale:inspect-model' is not registered.")
    assert backstage.run("model-endpoint", form).error is None


def test_a_service_that_trusts_another_backstage_looks_as_if_it_were_down_and_logs_why(
    backstage: Backstage, actions_service: ActionsService, form: dict[str, Any], tmp_path: Path
) -> None:
    elsewhere = ActionsService(
        port=actions_service.port,
        backstage_url=f"http://127.0.0.1:{free_port()}",
        token=actions_service.token,
        directory=tmp_path,
    )
    with actions_service.stopped():
        elsewhere.start()
        try:
            run = backstage.run("model-endpoint", form)
        finally:
            elsewhere.stop()
    assert run.error is not None
    assert run.error.startswith("Template action with ID 'neuroscale:inspect-model' is not registered.")
    assert "keys unavailable" in elsewhere.log()


def test_without_the_service_the_proxy_answers_504(
    backstage: Backstage, actions_service: ActionsService, form: dict[str, Any]
) -> None:
    with actions_service.stopped():
        run = backstage.run("model-endpoint-http", form)
    assert run.error == "Unable to complete request"
    assert [line for line in run.log if "Status code: 504" in line]


def test_without_the_service_other_templates_and_the_catalogue_work(
    backstage: Backstage, actions_service: ActionsService
) -> None:
    with actions_service.stopped():
        assert "fetch:template" in backstage.actions()
        assert backstage.wait_for_entity("template", "model-endpoint")["kind"] == "Template"
