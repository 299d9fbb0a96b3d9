"""Counts equal those of the classes of transformers, built on the meta device at hundreds of random shapes.

The figures are recorded: the builds need torch and transformers, which the project does not depend on.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.families import described_model_types
from neuroscale.architecture.reader import read_architecture
from tests.architecture.model_builds.components import COMPONENTS, compared
from tests.architecture.model_builds.strategies import builds_by_model_type

_DIRECTORY = Path(__file__).parent / "model_builds"
RECORDED = _DIRECTORY / "recorded"
NOT_BUILT: dict[str, str] = json.loads((_DIRECTORY / "not_built.json").read_text(encoding="utf-8"))
MODEL_TYPES = sorted(path.stem for path in RECORDED.glob("*.jsonl"))
LEAST_RANDOM_CONFIGURATIONS = 2000


@cache
def _recorded(model_type: str) -> tuple[dict[str, str], list[dict[str, Any]]]:
    lines = (RECORDED / f"{model_type}.jsonl").read_text(encoding="utf-8").splitlines()
    return json.loads(lines[0]), [json.loads(line) for line in lines[1:]]


def _counts(config: dict[str, Any]) -> dict[str, int]:
    architecture = read_architecture(config)
    parameters = architecture.parameters
    assert parameters is not None, architecture.unread
    assert architecture.is_mixture_of_experts is (parameters.routed_experts > 0)
    return {name: getattr(parameters, name) for name in COMPONENTS}


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_every_component_has_the_parameters_of_the_real_build(model_type: str) -> None:
    _, rows = _recorded(model_type)
    different = []
    for row in rows:
        counts = _counts(row["config"])
        if difference := compared(row["counts"], counts):
            different.append(f"{difference} (built, counted) for {json.dumps(row['config'])}")
    assert not different, f"{len(different)} of {len(rows)} differ, such as\n" + "\n".join(different[:3])


def test_every_described_type_was_built_or_says_why_not() -> None:
    assert set(MODEL_TYPES) | NOT_BUILT.keys() >= described_model_types()


def test_no_type_is_both_built_and_excused() -> None:
    assert NOT_BUILT.keys() & set(MODEL_TYPES) == set()


def test_every_record_can_be_made_again() -> None:
    assert builds_by_model_type().keys() == set(MODEL_TYPES)


def test_one_version_of_each_library_built_everything() -> None:
    libraries = {model_type: builds.library for model_type, builds in builds_by_model_type().items()}
    versions = {
        (libraries[model_type], json.dumps(_recorded(model_type)[0], sort_keys=True)) for model_type in MODEL_TYPES
    }
    assert len(versions) == len(set(libraries.values())), versions


def test_at_least_two_thousand_random_configurations_were_built() -> None:
    rows = [_recorded(model_type)[1] for model_type in MODEL_TYPES]
    assert sum(len(configs) - 1 for configs in rows) >= LEAST_RANDOM_CONFIGURATIONS
