"""A configuration that was stored says the same about the model as the published one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.reader import read_architecture
from neuroscale.architecture.retained_fields import retained_fields

RECORDS = sorted((Path(__file__).parent / "model_builds" / "recorded").glob("*.jsonl"))


def _shortened(record: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the recorded configurations that storing makes shorter, before and after."""
    for line in record.read_text(encoding="utf-8").splitlines()[1:]:
        config = json.loads(line)["config"]
        if (stored := retained_fields(config)) != config:
            yield config, stored


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_what_is_dropped_does_not_bear_on_the_architecture(record: Path) -> None:
    for config, stored in _shortened(record):
        assert read_architecture(stored) == read_architecture(config), config


def test_the_norm_that_some_opt_models_lack_is_stored_despite_its_private_name() -> None:
    config = {"model_type": "opt", "_remove_final_layer_norm": True, "_name_or_path": "somewhere"}
    assert retained_fields(config) == {"model_type": "opt", "_remove_final_layer_norm": True}
