"""The schemas of the actions, as Backstage and agents use them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from actions_service.action import Action, Resources
from actions_service.actions import ACTIONS
from actions_service.invocation import invoke
from neuroscale.architecture.catalogue import load_catalogue
from tests.actions_service.serving import Client, json_of

# What Backstage's validator evaluates; it passes over every other keyword in silence.
_KEYWORDS = {
    "type", "properties", "required", "additionalProperties", "propertyNames", "items", "enum", "const", "pattern",
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties",
    "maxProperties", "title", "description", "default", "examples",
}  # fmt: skip

_EXAMPLES = [(action, example) for action in ACTIONS.values() for example in action.examples]


def subschemas(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a schema and every schema within it, with its place."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from subschemas(inner, f"{path}.{name}")
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(keyword), Mapping):
            yield from subschemas(schema[keyword], f"{path}.{keyword}")


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_only_keywords_are_used_that_backstage_evaluates(action: Action) -> None:
    for schema in (action.input_schema, action.output_schema):
        for path, inner in subschemas(schema):
            assert inner.keys() <= _KEYWORDS, path


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_the_root_of_a_schema_has_no_alternatives_because_agents_tools_take_none(action: Action) -> None:
    assert action.input_schema["type"] == action.output_schema["type"] == "object"
    assert not action.input_schema.keys() & {"anyOf", "oneOf", "allOf", "if", "$ref"}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_every_part_of_an_output_has_an_example_that_satisfies_it(action: Action) -> None:
    """Backstage shows the first example of a step that it skips in a dry run."""
    for path, inner in subschemas(action.output_schema):
        if path:
            assert inner["examples"], path
            for example in inner["examples"]:
                Draft7Validator(inner).validate(example)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_every_field_is_described_and_every_default_and_example_of_an_input_satisfies_it(action: Action) -> None:
    for path, inner in subschemas(action.input_schema):
        if path.rpartition(".")[2] in {"", "items", "additionalProperties", "propertyNames"}:
            continue
        assert inner["title"], path
        assert inner["description"].endswith("."), path
        for value in [*inner["examples"], *([inner["default"]] if "default" in inner else [])]:
            Draft7Validator(inner).validate(value)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_an_unknown_field_is_never_passed_over(action: Action) -> None:
    for path, inner in subschemas(action.input_schema):
        if "properties" in inner:
            assert inner["additionalProperties"] is False, path


@pytest.mark.parametrize(
    ("action", "example"), _EXAMPLES, ids=[f"{action.name}: {example.title}" for action, example in _EXAMPLES]
)
async def test_the_output_of_every_example_satisfies_the_output_schema(
    client: Client, action: Action, example: Any
) -> None:
    output = await json_of(await client.post(f"/v1/actions/{action.name}", json=example.arguments))
    Draft7Validator(action.output_schema).validate(output)


@pytest.mark.parametrize("repository", load_catalogue().repositories())
def test_the_output_for_every_model_of_the_catalogue_satisfies_the_schema(repository: str) -> None:
    action = ACTIONS["inspect-model"]
    output = invoke(action, {"model": repository}, Resources(load_catalogue()))
    Draft7Validator(action.output_schema).validate(output)


async def test_the_openapi_document_holds_the_same_schemas_and_no_dangling_reference(client: Client) -> None:
    document = await json_of(await client.get("/openapi.json"))
    schemas = document["components"]["schemas"]
    assert document["openapi"] == "3.1.0"
    for action in ACTIONS.values():
        assert schemas[f"{action.name}-input"] == action.input_schema
        assert schemas[f"{action.name}-output"] == action.output_schema
        operation = document["paths"][f"/v1/actions/{action.name}"]["post"]
        assert {"200", "400", "401", "403", "413", "415", "422", "503"} <= operation["responses"].keys()
    for reference in _references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


async def test_errors_have_the_shape_that_the_openapi_document_states(client: Client) -> None:
    document = await json_of(await client.get("/openapi.json"))
    validator = Draft202012Validator(document["components"]["schemas"]["Error"])
    for response in (
        await client.post("/v1/actions/inspect-model", json={}),
        await client.post("/v1/actions/none", json={}),
        await client.post("/v1/actions/inspect-model", data=b"{}"),
        await client.get("/v1/actions/inspect-model"),
    ):
        validator.validate(await json_of(response))
