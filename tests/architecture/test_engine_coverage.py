"""Every decoder that transformers and vLLM generate text with is described, or a reason says why not.

The lists are data, with the versions of the libraries that they were taken from; `engine_coverage/list_served.py`
takes them anew. A type that a newer library adds then fails here until it is described or excused.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.families import (
    composites_by_model_type,
    described_model_types,
    families_by_model_type,
)
from neuroscale.architecture.reader import read_architecture

_DIRECTORY = Path(__file__).parent / "engine_coverage"
_RECORDED = Path(__file__).parent / "model_builds" / "recorded"
SERVED: dict[str, Any] = json.loads((_DIRECTORY / "served.json").read_text(encoding="utf-8"))
_EXCUSES: dict[str, list[dict[str, Any]]] = json.loads(
    (_DIRECTORY / "not_described.json").read_text(encoding="utf-8")
)
RECORDS = sorted(path.stem for path in _RECORDED.glob("*.jsonl"))


def _excused(kind: str) -> list[str]:
    return [name for group in _EXCUSES[kind] for name in group["names"]]


@cache
def _described_classes() -> frozenset[str]:
    families = (name for family in families_by_model_type().values() for name in family.class_names)
    composites = (name for composite in composites_by_model_type().values() for name in composite.class_names)
    return frozenset(families) | frozenset(composites)


def _lines(record: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (_RECORDED / f"{record}.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_model_type_of_transformers_is_described_or_excused() -> None:
    assert set(SERVED["model_types"]) - described_model_types() - set(_excused("model_types")) == set()


def test_every_class_of_vllm_is_described_or_excused() -> None:
    assert set(SERVED["classes"]) - _described_classes() - set(_excused("classes")) == set()


def test_nothing_that_is_described_is_excused() -> None:
    assert set(_excused("model_types")) & described_model_types() == set()
    assert set(_excused("classes")) & _described_classes() == set()


@pytest.mark.parametrize("kind", ["model_types", "classes"])
def test_every_excuse_is_for_something_that_is_served_and_given_once(kind: str) -> None:
    names = _excused(kind)
    assert set(names) <= set(SERVED[kind])
    assert len(names) == len(set(names))
    assert all(group["reason"].endswith(".") for group in _EXCUSES[kind])


def test_the_lists_are_of_the_versions_that_built_the_records() -> None:
    recorded = {(name, version) for record in RECORDS for name, version in _lines(record)[0].items()}
    assert {version for name, version in recorded if name == "vllm"} == {SERVED["versions"]["vllm"]}
    assert {version for name, version in recorded if name == "transformers"} == {SERVED["versions"]["transformers"]}


@pytest.mark.parametrize("model_type", _excused("model_types"))
def test_a_type_that_is_not_described_gets_no_count(model_type: str) -> None:
    architecture = read_architecture({"model_type": model_type, "hidden_size": 64, "num_hidden_layers": 2})
    assert architecture.parameters is None
    assert any(repr(model_type) in sentence for sentence in architecture.unread)


@pytest.mark.parametrize("record", RECORDS)
def test_no_dense_build_is_read_as_a_mixture_nor_a_mixture_as_dense(record: str) -> None:
    for row in _lines(record)[1:]:
        is_mixture = read_architecture(row["config"]).is_mixture_of_experts
        assert is_mixture is (row["counts"]["routed_experts"] > 0), row["config"]


# Published spellings of the experts of mixtures that vLLM serves and no family describes yet.
_MIXTURES: dict[str, dict[str, Any]] = {
    "mimo_v2_omni": {"n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32},
}


@pytest.mark.parametrize("model_type", sorted(_MIXTURES))
def test_a_mixture_that_is_not_described_is_not_read_as_dense(model_type: str) -> None:
    architecture = read_architecture({"model_type": model_type, **_MIXTURES[model_type]})
    assert architecture.is_mixture_of_experts is True
    assert architecture.parameters is None
