"""Counts and cache shapes equal those of real model builds, to the parameter."""

from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from neuroscale.architecture.families import described_model_types, families_by_model_type
from neuroscale.architecture.model import Attention, ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from tests.architecture.ground_truth_rows import model_rows, variant_rows

REQUIRED_FAMILIES = {
    "llama", "mistral", "mixtral", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe", "deepseek_v2", "deepseek_v3",
    "kimi_k2", "gpt_oss", "gemma4", "gemma4_text",
}  # fmt: skip
BF16_BYTES = 2
ROWS = model_rows()
KNOWN = [row for row in ROWS if row["config"]["model_type"] in described_model_types()]
UNKNOWN = [row for row in ROWS if row["config"]["model_type"] not in described_model_types()]


def _id(row: dict[str, Any]) -> str:
    return str(row["name"])


def _facts(architecture: ModelArchitecture) -> dict[str, object]:
    parameters, experts = architecture.parameters, architecture.experts
    assert parameters is not None, architecture.unread
    return {
        "total_params": parameters.total,
        "vision_params": parameters.vision_tower + parameters.audio_tower,
        "lm_params": parameters.language_model,
        "embedding_params": parameters.input_embedding,
        "lm_head_params": parameters.output_head,
        "routed_expert_params": parameters.routed_experts,
        "tied": architecture.tied_embeddings,
        "is_moe": architecture.is_mixture_of_experts,
        "num_experts": 0 if experts is None else experts.routed_experts,
        "experts_per_tok": 0 if experts is None else experts.experts_per_token,
        "active_params": architecture.active_parameters,
        "active_params_without_embedding": architecture.active_parameters_without_input_embedding,
        "active_params_without_embedding_and_head": architecture.active_parameters_without_embeddings_and_head,
        "num_layers": architecture.layers,
    }


def _cache_bytes_per_token(attention: Attention, kinds: set[str]) -> int:
    return sum(
        group.layers * group.kv_heads * (group.key_elements_per_token + group.value_elements_per_token) * BF16_BYTES
        for group in attention.groups
        if group.kind in kinds
    )


def test_every_required_family_is_described_and_has_a_row() -> None:
    assert families_by_model_type().keys() >= REQUIRED_FAMILIES
    assert {row["config"]["model_type"] for row in KNOWN} >= REQUIRED_FAMILIES


@pytest.mark.parametrize("row", KNOWN, ids=_id)
def test_counts_equal_the_real_build(row: dict[str, Any]) -> None:
    facts = _facts(read_architecture(row["config"]))
    assert facts == {name: row[name] for name in facts}


@pytest.mark.parametrize("row", KNOWN, ids=_id)
def test_cache_bytes_per_token_equal_the_real_shapes(row: dict[str, Any]) -> None:
    attention = read_architecture(row["config"]).attention
    assert attention is not None
    cache = row["kv_cache"]
    if cache is None or "approximate" in (cache.get("note") or ""):
        assert attention.groups
        return
    assert _cache_bytes_per_token(attention, {"full", "latent"}) == cache["bytes_per_token_full"]
    assert _cache_bytes_per_token(attention, {"sliding", "chunked"}) == cache.get("bytes_per_token_sliding", 0)


@pytest.mark.parametrize("row", KNOWN, ids=_id)
def test_layer_groups_add_up_to_all_layers(row: dict[str, Any]) -> None:
    attention = read_architecture(row["config"]).attention
    assert attention is not None
    assert sum(group.layers for group in attention.groups) == row["num_layers"]


def test_no_published_model_of_the_rows_is_of_an_undescribed_type() -> None:
    assert [row["name"] for row in UNKNOWN] == []


@pytest.mark.parametrize("row", variant_rows(), ids=_id)
def test_rarely_used_switches_count_as_in_the_real_build(row: dict[str, Any]) -> None:
    facts = _facts(read_architecture(row["config"]))
    compared = ("total_params", "vision_params", "embedding_params", "lm_head_params", "routed_expert_params")
    assert {name: facts[name] for name in compared} == {name: row[name] for name in compared}


def test_the_table_of_counts() -> None:
    table = Table(title="Parameters, counted from config.json against real builds")
    table.add_column("model")
    for heading in ("counted", "truth", "difference"):
        table.add_column(heading, justify="right")
    differences = []
    for row in KNOWN:
        parameters = read_architecture(row["config"]).parameters
        assert parameters is not None
        differences.append(parameters.total - row["total_params"])
        table.add_row(row["name"], f"{parameters.total:,}", f"{row['total_params']:,}", f"{differences[-1]:,}")
    for row in UNKNOWN:
        table.add_row(row["name"], "not counted", f"{row['total_params']:,}", "")
    Console(width=110).print(table)
    assert not any(differences)
