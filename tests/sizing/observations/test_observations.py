"""The memory model against what engines reported of real deployments."""

import json

import jsonschema
import pytest

from tests.sizing.observations import comparison
from tests.sizing.observations.records import DATA, FILES, Observation, all_observations, document

ALL = all_observations()
# Within this share of the interval's nearer end.
WEIGHTS_WITHIN = 0.01


def _id(observation: Observation) -> str:
    checkpoint = observation.checkpoint or observation.model
    return f"{checkpoint.split('/')[-1]}-{observation.engine}-{observation.version}-{len(observation.arguments)}"


def _with(*figures: str) -> list[Observation]:
    return [
        each
        for each in ALL
        if all(figure in each.observed for figure in figures) and not set(figures) & each.unexplained.keys()
    ]


@pytest.mark.parametrize("file", FILES)
def test_the_data_follow_their_schema(file: str) -> None:
    jsonschema.validate(document(file), json.loads((DATA / "schema.json").read_text(encoding="utf-8")))


def test_every_kind_of_deployment_was_observed() -> None:
    kinds = {
        "latent": any(_has_kind(each, "latent") for each in ALL),
        "sliding": any(_has_kind(each, "sliding") for each in ALL),
        "chunked": any(_has_kind(each, "chunked") for each in ALL),
        "recurrent": any(_has_kind(each, "linear") for each in ALL),
        "mxfp4": any(_method(each) == "mxfp4" for each in ALL),
        "fp8": any(_method(each) == "fp8" for each in ALL),
        "int4": any(_method(each) == "gptq" for each in ALL),
        "int8": any(_method(each) == "compressed-tensors" for each in ALL),
        "tensor parallel": any(each.settings().tensor_parallel_size > 1 for each in ALL),
        "pipeline parallel": any(each.settings().pipeline_parallel_size > 1 for each in ALL),
        "data and expert parallel": any(each.settings().enable_expert_parallel for each in ALL),
        "failed": any(each.outcome == "weights exceed memory" for each in ALL),
    }
    assert [kind for kind, was_observed in kinds.items() if not was_observed] == []
    assert len(ALL) >= 25


@pytest.mark.parametrize("observation", _with("weights_gib"), ids=_id)
def test_weights_are_within_one_percent_of_the_bounds(observation: Observation) -> None:
    distance = comparison.weights_gib(observation).distance(observation.observed["weights_gib"])
    assert abs(distance) <= WEIGHTS_WITHIN, distance


@pytest.mark.parametrize("observation", _with("weights_gib"), ids=_id)
def test_weights_are_never_less_than_the_bound_that_denials_rest_on(observation: Observation) -> None:
    # The engine prints two decimals.
    assert comparison.weights_gib(observation).least <= observation.observed["weights_gib"] + 0.005


@pytest.mark.parametrize("observation", _with("concurrency", "maximum_tokens", "kv_cache_gib"), ids=_id)
def test_the_concurrency_that_the_engine_derives_is_exact(observation: Observation) -> None:
    predicted = comparison.concurrency(observation)
    # Two decimals of the engine's figure, and blocks that do not fill the memory.
    assert predicted.least - 0.01 - 1e-4 * predicted.least <= observation.observed["concurrency"]
    assert observation.observed["concurrency"] <= predicted.most + 0.01


@pytest.mark.parametrize("observation", _with("request_gib"), ids=_id)
def test_what_the_engine_needs_for_one_request_is_exact(observation: Observation) -> None:
    # The engine prints two decimals.
    needed = comparison.request_gib(observation).most
    assert observation.observed["request_gib"] == pytest.approx(needed, abs=0.005)


@pytest.mark.parametrize("observation", [each for each in ALL if each.engine == "sglang"], ids=_id)
def test_bytes_per_token_are_exact(observation: Observation) -> None:
    reported, predicted = comparison.bytes_per_token(observation)
    assert reported.least <= predicted <= reported.most


@pytest.mark.parametrize("observation", _with("attention_block_tokens"), ids=_id)
def test_blocks_that_hold_a_state_are_as_long_as_the_engine_says(observation: Observation) -> None:
    assert comparison.attention_block(observation) == observation.observed["attention_block_tokens"]


@pytest.mark.parametrize("observation", _with("activation_gib", "outside_torch_gib"), ids=_id)
def test_what_profiling_takes_is_within_the_bounds(observation: Observation) -> None:
    observed = observation.observed["activation_gib"] + observation.observed["outside_torch_gib"]
    predicted = comparison.activation_gib(observation)
    assert predicted.least <= observed <= predicted.most + 0.005


@pytest.mark.parametrize("observation", _with("kv_cache_gib"), ids=_id)
def test_the_memory_left_for_the_cache_is_within_the_bounds(observation: Observation) -> None:
    predicted = comparison.kv_cache_gib(observation)
    if predicted is not None:
        assert predicted.least <= observation.observed["kv_cache_gib"] <= predicted.most


@pytest.mark.parametrize("observation", [each for each in ALL if each.accelerator], ids=_id)
def test_whether_it_fits_is_right(observation: Observation) -> None:
    verdict = comparison.fits(observation)
    assert verdict is not None
    assert verdict.is_right, verdict.says


def _has_kind(observation: Observation, kind: str) -> bool:
    attention = observation.architecture().attention
    return attention is not None and any(group.kind == kind for group in attention.groups)


def _method(observation: Observation) -> str | None:
    quantization = observation.architecture().quantization
    return None if quantization is None else quantization.method
