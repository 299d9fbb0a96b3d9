"""The schema of written usage is a valid one, and its examples are usage."""

from jsonschema import Draft7Validator

from neuroscale.cost.usage_file import read_usage, usage_schema


def test_the_schema_is_valid() -> None:
    Draft7Validator.check_schema(usage_schema())


def test_an_endpoint_of_all_examples_is_read() -> None:
    fields = usage_schema()["properties"]["endpoints"]["items"]["properties"]
    example = {name: field["examples"][0] for name, field in fields.items()}

    (endpoint,) = read_usage({"endpoints": [example]})

    assert endpoint.title == "team-a/assistant"
    assert endpoint.tokens is not None
    assert endpoint.tokens.computed_tokens == 2_500_000_000
