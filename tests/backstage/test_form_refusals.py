"""A form that is filled in wrongly is refused by the portal, at the field that is wrong, before any step runs.

Both templates have the same form (``test_templates``), so one of them stands for both here.
"""

from typing import Any

import pytest

from tests.rigs.backstage.client import Backstage
from tests.rigs.github.fixtures import ModelsRepository

pytestmark = pytest.mark.backstage


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Support_Chat"),
        ("name", "-support"),
        ("name", "support-"),
        ("name", "1st"),
        ("name", "a" * 54),
        ("model", "gemma"),
        ("model", "google/../secrets"),
        ("owner", ""),
        ("costCenter", "cc 4711"),
        ("costCenter", "c" * 64),
        ("environment", "prod"),
        ("contextLength", "8k"),
        ("contextLength", 0),
        ("contextLength", 8192.5),
        ("concurrency", 0),
        ("repoUrl", None),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(
    field: str,
    value: object,
    backstage: Backstage,
    form: dict[str, Any],
    models_repository: ModelsRepository,
) -> None:
    reply = backstage.create_task("model-endpoint", form | {field: value})
    assert reply.status == 400
    assert {error["path"][0] for error in reply.body["errors"]} == {field}
    assert models_repository.git.branches() == ["main"]


@pytest.mark.parametrize("field", ["name", "model", "owner", "costCenter", "environment", "repoUrl"])
def test_a_missing_value_is_refused(field: str, backstage: Backstage, form: dict[str, Any]) -> None:
    del form[field]
    reply = backstage.create_task("model-endpoint", form)
    assert reply.status == 400
    assert [error["message"] for error in reply.body["errors"]] == [f'requires property "{field}"']
