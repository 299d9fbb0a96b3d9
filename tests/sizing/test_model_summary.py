"""What `inspect` says beyond the architecture: stored bytes, the cache of a token, the origin of the context."""

import json
from importlib.resources import files
from typing import Any

import pytest
from packaging.version import Version

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.reader import read_architecture
from neuroscale.sizing.kv_cache import kv_cache_bytes_per_token, state_bytes_per_sequence
from neuroscale.sizing.model_summary import DERIVING_VERSION, model_as_json
from tests.sizing.settings import GIBIBYTE, model


def _facts(repository: str) -> dict[str, Any]:
    return model_as_json(model(repository))


def test_the_components_of_the_stored_weights_add_up() -> None:
    for repository in load_catalogue().repositories():
        stored = _facts(repository)["stored_weight_bytes"]
        if stored is not None:
            for bound in ("least", "most"):
                parts = sum(part[bound] for part in stored["by_component"].values())
                assert parts == stored["total"][bound]


def test_an_unquantised_model_stores_two_bytes_a_parameter() -> None:
    facts = _facts("google/gemma-4-26B-A4B")
    assert facts["stored_weight_bytes"]["total"] == dict.fromkeys(("least", "most"), 2 * facts["total_parameters"])
    assert facts["stored_weight_bytes"]["by_component"].keys() == facts["parameters_by_component"].keys()


def test_a_quantised_model_stores_what_its_publisher_says() -> None:
    total = _facts("openai/gpt-oss-120b")["stored_weight_bytes"]["total"]
    assert total["least"] / GIBIBYTE == pytest.approx(60.8, rel=0.01)


def test_draft_layers_are_stored_beside_the_total() -> None:
    stored = _facts("deepseek-ai/DeepSeek-V3")["stored_weight_bytes"]
    assert 12 < stored["multi_token_prediction"]["least"] / GIBIBYTE < 13
    assert "multi_token_prediction" not in stored["by_component"]
    assert _facts("google/gemma-4-26B-A4B")["stored_weight_bytes"]["multi_token_prediction"] is None


def test_the_cache_of_a_token_is_told_by_kind_of_layer() -> None:
    cache = _facts("google/gemma-4-26B-A4B")["kv_cache"]
    assert {kind["kind"]: (kind["layers"], kind["bytes_per_token"]) for kind in cache["by_layer_kind"]} == {
        "sliding": (25, 204_800),
        "full": (5, 20_480),
    }
    assert (cache["bytes_per_token"], cache["fp8_bytes_per_token"]) == (20_480, 10_240)
    assert cache["bytes_per_token_within_windows"] == 225_280


def test_the_kinds_add_up_to_the_cache_of_a_token_and_the_state_of_a_sequence() -> None:
    for repository in load_catalogue().repositories():
        architecture = model(repository)
        cache = model_as_json(architecture)["kv_cache"]
        state = state_bytes_per_sequence(architecture)
        if cache is None:
            assert state is None
            continue
        assert cache["bytes_per_token"] == kv_cache_bytes_per_token(architecture)
        assert cache["fp8_bytes_per_token"] == kv_cache_bytes_per_token(architecture, 1)
        assert state is not None
        assert cache["state_bytes_per_sequence"] == {
            "least": state.optimistic_bytes,
            "most": state.pessimistic_bytes,
        }


def test_recurrent_layers_add_no_bytes_per_token_and_keep_a_state() -> None:
    by_kind = {kind["kind"]: kind for kind in _facts("Qwen/Qwen3.5-35B-A3B")["kv_cache"]["by_layer_kind"]}
    assert by_kind["linear"]["bytes_per_token"] == 0
    assert by_kind["linear"]["state_bytes_per_sequence"]["least"] == 30 * 2 * (32 * 128 * 128 + 3 * 8192)
    assert by_kind["full"]["state_bytes_per_sequence"] == {"least": 0, "most": 0}


def test_indexer_keys_are_told_apart() -> None:
    # 61 layers with one key of 128 elements in 8 bits and its scale.
    assert _facts("deepseek-ai/DeepSeek-V3.2")["kv_cache"]["indexer_bytes_per_token"] == 61 * 132


@pytest.mark.parametrize(
    ("fields", "maximum", "derivation"),
    [
        ({"max_position_embeddings": 40960}, 40960, "40960 of max_position_embeddings, without rope scaling"),
        ({}, 2048, "2048 of the class of the model, without rope scaling"),
        (
            {"max_position_embeddings": 8192, "rope_scaling": {"rope_type": "linear", "factor": 4.0}},
            32768,
            (
                "8192 of max_position_embeddings, times the factor 4 of the rope scaling (linear), as vLLM 0.33.0 "
                "derives it"
            ),
        ),
        (
            {
                "max_position_embeddings": 131072,
                "rope_scaling": {
                    "rope_type": "llama3",
                    "factor": 8.0,
                    "original_max_position_embeddings": 8192,
                },
            },
            131072,
            "131072 of max_position_embeddings, which holds the rope scaling (llama3) already",
        ),
    ],
)
def test_the_longest_context_is_told_with_its_origin(fields: dict[str, Any], maximum: int, derivation: str) -> None:
    context = model_as_json(read_architecture({"model_type": "llama", **fields}))["context"]
    assert (context["maximum_tokens"], context["derivation"]) == (maximum, derivation)


def test_the_longest_context_is_that_of_the_newest_version_that_was_read() -> None:
    facts = json.loads((files("neuroscale.engines") / "data" / "vllm_facts.json").read_text(encoding="utf-8"))
    assert Version(facts["newest_read"]) == DERIVING_VERSION


def test_what_is_not_known_is_null() -> None:
    facts = model_as_json(read_architecture({"model_type": "brand_new"}))
    assert [facts[name] for name in ("context", "stored_weight_bytes", "kv_cache")] == [None, None, None]


def test_every_answer_is_json() -> None:
    for repository in load_catalogue().repositories():
        facts = _facts(repository)
        assert json.loads(json.dumps(facts)) == facts
