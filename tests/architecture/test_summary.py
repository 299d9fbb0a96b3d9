"""The JSON answer of `inspect`: stable names, and null for what is not known."""

import json

from neuroscale.architecture.reader import read_architecture
from neuroscale.architecture.summary import architecture_as_json
from tests.architecture.ground_truth_rows import model_rows

ROWS = {row["name"]: row for row in model_rows()}
PROMISED = {
    "is_mixture_of_experts", "total_parameters", "language_model_parameters", "routed_expert_parameters",
    "routed_experts", "experts_per_token", "active_parameters", "active_parameters_without_input_embedding",
    "active_parameters_without_embeddings_and_head", "labels",
}  # fmt: skip


def test_the_promised_keys_hold_the_counts() -> None:
    row = ROWS["google/gemma-4-26B-A4B"]
    summary = architecture_as_json(read_architecture(row["config"]))
    assert summary.keys() >= PROMISED
    assert summary["total_parameters"] == row["total_params"]
    assert summary["active_parameters"] == row["active_params"]
    assert summary["parameters_by_component"]["vision_tower"] == row["vision_params"]
    assert summary["labels"]["total-params"] == "25.2B"
    assert summary["unread"] == []


def test_components_add_up_to_the_total() -> None:
    for row in ROWS.values():
        summary = architecture_as_json(read_architecture(row["config"]))
        if summary["parameters_by_component"] is not None:
            assert sum(summary["parameters_by_component"].values()) == summary["total_parameters"]


def test_every_summary_is_json() -> None:
    for row in ROWS.values():
        summary = architecture_as_json(read_architecture(row["config"]))
        assert json.loads(json.dumps(summary)) == summary


def test_what_is_not_known_is_null_and_explained() -> None:
    summary = architecture_as_json(read_architecture({"model_type": "brand_new"}))
    assert summary.keys() >= PROMISED
    assert summary["total_parameters"] is None
    assert summary["active_parameters"] is None
    assert summary["attention"] is None
    assert summary["unread"]
