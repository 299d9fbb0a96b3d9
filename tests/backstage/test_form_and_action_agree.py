"""What the form lets through is what the action accepts: no step refuses what the form has let through."""

from collections.abc import Mapping
from typing import Any

import pytest

from actions_service.action import Resources
from actions_service.actions.model_input import REPOSITORY_PATTERN
from actions_service.actions.render_endpoint import ACTION
from neuroscale.architecture.catalogue import load_catalogue
from tests.backstage.test_templates import form_fields, load

FIELDS = form_fields("model-endpoint")
PROPERTIES: Mapping[str, Mapping[str, Any]] = ACTION.input_schema["properties"]
SPEED = ("promptLength", "answerLength", "timeToFirstToken", "timePerOutputToken", "tokensPerSecond")


@pytest.mark.parametrize(
    ("field", "keyword"),
    [
        ("name", "pattern"),
        ("name", "maxLength"),
        ("costCenter", "pattern"),
        ("costCenter", "maxLength"),
        ("owner", "minLength"),
        ("environment", "enum"),
    ],
)
def test_a_limit_of_the_form_is_the_limit_of_the_action(field: str, keyword: str) -> None:
    assert FIELDS[field][keyword] == PROPERTIES[field][keyword]


def test_the_form_takes_the_repositories_that_the_action_takes() -> None:
    # The action takes addresses of sources too, which the operator of the service has to permit.
    assert FIELDS["model"]["pattern"] == REPOSITORY_PATTERN
    assert PROPERTIES["model"]["pattern"].startswith(f"^({REPOSITORY_PATTERN.strip('^$')}")


def test_the_form_says_the_limit_that_it_has() -> None:
    assert f"at most {FIELDS['name']['maxLength']} characters" in FIELDS["name"]["errorMessage"]["maxLength"]


@pytest.mark.parametrize("field", SPEED)
def test_what_may_be_left_out_has_no_default_and_is_within_the_bounds_of_the_action(field: str) -> None:
    assert FIELDS[field]["type"] == PROPERTIES[field]["type"]
    assert PROPERTIES[field]["minimum"] <= FIELDS[field]["minimum"]
    assert FIELDS[field]["maximum"] <= PROPERTIES[field]["maximum"]
    assert "default" not in FIELDS[field]
    [page] = [page for page in load("model-endpoint")["spec"]["parameters"] if field in page["properties"]]
    assert field not in page.get("required", ())


@pytest.mark.parametrize("field", ["contextLength", "concurrency"])
def test_a_number_of_the_form_is_within_the_bounds_of_the_action(field: str) -> None:
    assert FIELDS[field]["type"] == PROPERTIES[field]["type"] == "integer"
    assert PROPERTIES[field]["minimum"] <= FIELDS[field]["minimum"] <= FIELDS[field]["default"]
    assert FIELDS[field]["default"] <= FIELDS[field]["maximum"] <= PROPERTIES[field]["maximum"]


def test_the_form_is_the_demand_and_where_it_goes() -> None:
    given = set(ACTION.input_schema["required"]) | {"contextLength", "concurrency"} | set(SPEED)
    assert FIELDS.keys() == given | {"repoUrl"}


def test_the_rendering_step_passes_every_field_on() -> None:
    [step] = [step for step in load("model-endpoint")["spec"]["steps"] if step["id"] == "render"]
    passed = {field: f"${{{{ parameters.{field} }}}}" for field in FIELDS if field != "repoUrl"}
    assert step["input"] == passed


@pytest.mark.parametrize("model", FIELDS["model"]["examples"])
def test_every_suggested_model_is_served_with_the_defaults_of_the_form(model: str, form: dict[str, Any]) -> None:
    demand = {field: FIELDS[field]["default"] for field in ("environment", "contextLength", "concurrency")}
    written = {field: form[field] for field in ("name", "owner", "costCenter")}
    answer = ACTION.handler(written | demand | {"model": model}, Resources(catalogue=load_catalogue()))
    assert answer["files"]
