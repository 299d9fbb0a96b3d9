"""The schema of a price book is a valid one, and knows every way to buy that the code knows."""

import json
from importlib.resources import files

from jsonschema import Draft7Validator

from neuroscale.prices.price import COMMITMENTS


def test_the_schema_is_valid_and_knows_every_commitment() -> None:
    schema = json.loads((files("neuroscale.prices") / "data" / "price_book.schema.json").read_text("utf-8"))

    Draft7Validator.check_schema(schema)
    entry = schema["properties"]["accelerators"]["items"]["properties"]
    assert entry["commitment"]["enum"] == list(COMMITMENTS)
