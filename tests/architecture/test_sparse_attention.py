"""What layers keep that read a part of the sequence: indexers, compressed entries, windows of latent rows."""

from typing import Any

import pytest

from neuroscale.architecture.model import AttentionGroup
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError
from tests.architecture.ground_truth_rows import model_rows

CONFIGS: dict[str, dict[str, Any]] = {row["name"]: row["config"] for row in model_rows()}
DEEPSEEK_V4 = CONFIGS["deepseek-ai/DeepSeek-V4-Flash"]
GLM_5 = CONFIGS["zai-org/GLM-5"]


def _groups(config: dict[str, Any]) -> tuple[AttentionGroup, ...]:
    attention = read_architecture(config).attention
    assert attention is not None
    return attention.groups


def test_deepseek_v4_keeps_a_window_in_every_layer_and_compressed_entries_in_most() -> None:
    row = {"kv_heads": 1, "key_elements_per_token": 512, "value_elements_per_token": 0, "window_tokens": 128}
    # A compressor keeps rows and scores of the tokens that make the next entry, of two runs where entries overlap.
    sparse, heavy = 8 * 2 * 2 * (512 + 128), 128 * 2 * 512
    assert _groups(DEEPSEEK_V4) == (
        AttentionGroup(kind="sliding", layers=2, **row),
        AttentionGroup(
            kind="latent",
            layers=21,
            tokens_per_entry=4,
            indexer_elements_per_token=128,
            recurrent_state_elements=sparse,
            **row,
        ),
        AttentionGroup(kind="latent", layers=20, tokens_per_entry=128, recurrent_state_elements=heavy, **row),
    )


def test_both_spellings_of_deepseek_v4_mean_the_same() -> None:
    names = {0: "sliding_attention", 4: "compressed_sparse_attention", 128: "heavily_compressed_attention"}
    saved = {name: value for name, value in DEEPSEEK_V4.items() if name != "compress_ratios"}
    saved["layer_types"] = [names[ratio] for ratio in DEEPSEEK_V4["compress_ratios"][:43]]
    assert _groups(saved) == _groups(DEEPSEEK_V4)


def test_an_unknown_compression_is_not_counted() -> None:
    architecture = read_architecture({**DEEPSEEK_V4, "compress_ratios": [16] * 44})
    assert architecture.parameters is None
    assert "a compression of 16 tokens" in " ".join(architecture.unread)


def test_too_few_compressions_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="has 2 entries for 43 layers"):
        read_architecture({**DEEPSEEK_V4, "compress_ratios": [0, 4]})


def test_an_indexer_caches_one_key_per_token() -> None:
    assert [(group.layers, group.indexer_elements_per_token) for group in _groups(GLM_5)] == [(78, 128)]


def test_layers_that_share_the_picks_of_another_cache_no_key() -> None:
    groups = _groups({**GLM_5, "index_topk_pattern": "FS" * 39})
    assert [(group.layers, group.indexer_elements_per_token) for group in groups] == [(39, 128), (39, 0)]


def test_dots3_note_pads_its_rows_to_those_of_its_sliding_layers() -> None:
    groups = _groups({"model_type": "dots3_note_text"})
    assert [(group.kind, group.layers, group.key_elements_per_token, group.window_tokens) for group in groups] == [
        ("latent", 13, 1024 + 64, None),
        ("sliding", 33, 1024 + 64, 512),
    ]


def test_dots3_note_with_sizes_of_each_sliding_layer_is_read_from_them() -> None:
    types = ["indexed_attention", "sliding_attention"]
    sizes = {"num_attention_heads": 64, "kv_lora_rank": 256, "qk_nope_head_dim": 192, "v_head_dim": 128}
    groups = _groups(
        {
            "model_type": "dots3_note_text",
            "num_hidden_layers": 2,
            "layer_types": types,
            "per_layer_config": {"1": sizes},
        }
    )
    assert [group.key_elements_per_token for group in groups] == [512 + 64, 256 + 64]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"per_layer_config": {"0": {"kv_lora_rank": 128}}}, "per_layer_config"),
        ({"attention_gate_type": "elementwise"}, "attention_gate_type"),
    ],
)
def test_dots3_note_with_other_layers_is_not_counted(changes: dict[str, Any], reason: str) -> None:
    architecture = read_architecture({"model_type": "dots3_note_text", **changes})
    assert architecture.parameters is None
    assert reason in " ".join(architecture.unread)
