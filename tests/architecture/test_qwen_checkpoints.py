"""What Qwen checkpoints hold beside the model that is built: layers that draft tokens, and parts that speak."""

import json
from pathlib import Path
from typing import Any

import pytest

from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.architecture.reader import read_architecture
from tests.architecture.ground_truth_rows import model_rows

_RECORDED = Path(__file__).parent / "model_builds" / "recorded"
ROWS = {row["name"]: row["config"] for row in model_rows()}

# Hidden size 2048: joined by 2 x 2048 x 2048, three norms around, two in the layer. Full attention: 16 query heads
# and as many gates, 2 key/value heads, all 256 wide. 512 experts, one shared one and its gate, each 512 wide.
_QWEN3_NEXT_DRAFT = (
    2 * 2048 * 2048
    + 5 * 2048
    + 2048 * (32 + 4) * 256
    + 16 * 256 * 2048
    + 2 * 256
    + 2048 * 512
    + 513 * 3 * 2048 * 512
    + 2048
)


def _prediction(config: dict[str, Any]) -> MultiTokenPrediction | None:
    return read_architecture(config).multi_token_prediction


def _qwen3_next(**changes: object) -> dict[str, Any]:
    return {**ROWS["Qwen/Qwen3-Next-80B-A3B-Instruct"], **changes}


def test_qwen3_next_holds_one_draft_layer_though_its_configuration_is_silent() -> None:
    assert _prediction(_qwen3_next()) == MultiTokenPrediction(1, _QWEN3_NEXT_DRAFT)


def test_draft_layers_are_not_part_of_the_total() -> None:
    assert (
        read_architecture(_qwen3_next()).parameters
        == read_architecture(_qwen3_next(num_nextn_predict_layers=0)).parameters
    )


def test_a_configuration_that_states_no_draft_layers_has_none() -> None:
    assert _prediction(_qwen3_next(num_nextn_predict_layers=0)) is None


def test_draft_layers_of_unknown_feed_forward_are_not_counted() -> None:
    assert _prediction(_qwen3_next(decoder_sparse_step=2)) == MultiTokenPrediction(1)


def _qwen3_5(layers: int, **changes: object) -> dict[str, Any]:
    text = {"mtp_num_hidden_layers": layers, "hidden_size": 64, "intermediate_size": 96, **changes}
    return {"model_type": "qwen3_5", "text_config": text}


def test_draft_layers_of_qwen3_5_share_one_projection() -> None:
    one, two = _prediction(_qwen3_5(1)), _prediction(_qwen3_5(2))
    assert one is not None
    assert two is not None
    joined = 2 * 64 * 64 + 3 * 64
    attention = 64 * (32 + 8) * 256 + 16 * 256 * 64 + 2 * 256
    layer = attention + 3 * 64 * 96 + 2 * 64
    assert (one.parameters, two.parameters) == (joined + layer, joined + 2 * layer)


def test_draft_layers_with_embeddings_of_their_own_are_not_counted() -> None:
    assert _prediction(_qwen3_5(1, mtp_use_dedicated_embeddings=True)) == MultiTokenPrediction(1)


@pytest.mark.parametrize("speaks", [True, False])
def test_the_counts_of_qwen3_omni_are_those_of_the_part_that_engines_load(speaks: bool) -> None:
    lines = (_RECORDED / "qwen3_omni_moe_thinker.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    thinkers = [json.loads(line)["config"] for line in lines]
    wholes = [
        {"model_type": "qwen3_omni_moe", "thinker_config": thinker, "enable_audio_output": speaks}
        for thinker in thinkers
    ]
    assert [read_architecture(whole).parameters for whole in wholes] == [
        read_architecture(thinker).parameters for thinker in thinkers
    ]
