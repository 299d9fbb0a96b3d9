"""Draft layers of DeepSeek's shape: what a checkpoint stores for them beyond the model, copies included."""

from typing import Any

import pytest

from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.architecture.reader import read_architecture
from tests.architecture.ground_truth_rows import model_rows

CONFIGS: dict[str, dict[str, Any]] = {row["name"]: row["config"] for row in model_rows()}
DEEPSEEK_V3 = CONFIGS["deepseek-ai/DeepSeek-V3"]
DEEPSEEK_V4 = CONFIGS["deepseek-ai/DeepSeek-V4-Flash"]


def _draft(config: dict[str, Any]) -> MultiTokenPrediction | None:
    return read_architecture(config).multi_token_prediction


def test_deepseek_v3_stores_embedding_and_head_again_for_its_draft_layer() -> None:
    architecture = read_architecture(DEEPSEEK_V3)
    assert architecture.parameters is not None
    assert architecture.multi_token_prediction is not None
    stored = architecture.multi_token_prediction.parameters
    assert stored is not None
    # Stated with the weights: 671B, 11.5B of the draft layer alone, 0.9B each for embedding and head. 11.507B are
    # its transformer layer with the norms around it; the projection that joins its inputs makes them 11.610B.
    joined, copies = 2 * 7168 * 7168, 2 * 129280 * 7168
    assert stored - joined - copies == 11_507_307_520
    assert architecture.parameters.total + stored == 684_489_830_400


def test_glm_5_stores_a_draft_layer_with_an_indexer_and_without_copies() -> None:
    architecture = read_architecture(CONFIGS["zai-org/GLM-5"])
    assert architecture.parameters is not None
    assert architecture.multi_token_prediction == MultiTokenPrediction(1, 9_952_920_320)
    assert architecture.parameters.total + 9_952_920_320 == 753_864_119_552


def test_deepseek_v4_stores_a_draft_layer_that_only_has_a_window() -> None:
    assert _draft(DEEPSEEK_V4) == MultiTokenPrediction(1, 6_610_048_635)


@pytest.mark.parametrize(
    "changes",
    [{"dspark_block_size": 5}, {"compress_ratios": [*DEEPSEEK_V4["compress_ratios"][:-1], 4]}],
    ids=["another drafter", "a compressed draft layer"],
)
def test_a_draft_layer_of_another_make_is_counted_but_not_sized(changes: dict[str, Any]) -> None:
    assert _draft({**DEEPSEEK_V4, **changes}) == MultiTokenPrediction(1)


@pytest.mark.parametrize("layers", [0, None])
def test_no_draft_layer_is_none(layers: int | None) -> None:
    assert _draft({**DEEPSEEK_V3, "num_nextn_predict_layers": layers}) is None


def test_a_file_that_states_no_draft_layer_has_none() -> None:
    config = {name: value for name, value in DEEPSEEK_V3.items() if name != "num_nextn_predict_layers"}
    assert _draft(config) is None
