"""The templates as files: what the form asks, what the steps use, and that both variants are one Golden Path."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rigs.backstage.backend import TEMPLATES

CORE_ACTIONS = {"fetch:template", "debug:log", "publish:github:pull-request"}
VARIANTS = ("model-endpoint", "model-endpoint-http")


def load(template: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((TEMPLATES / template / "template.yaml").read_text(encoding="utf-8"))
    return content


def form_fields(template: str) -> dict[str, dict[str, Any]]:
    pages = load(template)["spec"]["parameters"]
    return {name: field for page in pages for name, field in page["properties"].items()}


def test_the_form_asks_what_the_endpoint_must_do_and_nothing_about_hardware() -> None:
    assert list(form_fields("model-endpoint")) == [
        "name",
        "model",
        "owner",
        "costCenter",
        "environment",
        "contextLength",
        "concurrency",
        "promptLength",
        "answerLength",
        "timeToFirstToken",
        "timePerOutputToken",
        "tokensPerSecond",
        "repoUrl",
    ]


def test_both_variants_ask_the_same_form() -> None:
    native, proxied = (load(variant)["spec"]["parameters"] for variant in VARIANTS)
    assert native == proxied


def test_both_variants_take_the_same_steps_by_the_same_names() -> None:
    native, proxied = (load(variant)["spec"]["steps"] for variant in VARIANTS)
    assert [(step["id"], step["name"]) for step in native] == [(step["id"], step["name"]) for step in proxied]


def test_the_native_variant_needs_no_action_module_but_githubs() -> None:
    used = {step["action"] for step in load("model-endpoint")["spec"]["steps"]}
    assert {action for action in used if not action.startswith("neuroscale:")} <= CORE_ACTIONS


def test_the_proxied_variant_adds_only_the_http_request_action() -> None:
    used = {step["action"] for step in load("model-endpoint-http")["spec"]["steps"]}
    assert used <= CORE_ACTIONS | {"http:backstage:request"}


def test_both_variants_write_files_with_the_same_skeleton() -> None:
    native, proxied = (skeleton(TEMPLATES / variant / "skeleton") for variant in VARIANTS)
    assert native == proxied == {"${{ values.path }}": "${{ values.content -}}\n"}


@pytest.mark.parametrize("field", ["name", "model", "costCenter"])
def test_a_pattern_is_explained_in_words(field: str) -> None:
    assert form_fields("model-endpoint")[field]["errorMessage"]["pattern"]


def test_the_catalogue_location_names_every_template() -> None:
    location = yaml.safe_load((TEMPLATES / "all-templates.yaml").read_text(encoding="utf-8"))
    found = {f"./{path.relative_to(TEMPLATES).as_posix()}" for path in TEMPLATES.glob("*/template.yaml")}
    assert set(location["spec"]["targets"]) == found


def skeleton(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}
