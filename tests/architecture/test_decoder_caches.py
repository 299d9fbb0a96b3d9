"""What the layers of recurrent, hybrid and dense decoders keep per token, which no count of parameters shows.

Figures follow from the class defaults of transformers unless a test states the fields.
"""

from typing import Any

import pytest

from neuroscale.architecture.model import AttentionGroup
from neuroscale.architecture.reader import read_architecture


def _groups(config: dict[str, Any]) -> tuple[AttentionGroup, ...]:
    attention = read_architecture(config).attention
    assert attention is not None
    return attention.groups


def _kept(config: dict[str, Any]) -> dict[str, tuple[int, int, int, int, int | None]]:
    return {
        group.kind: (
            group.layers,
            group.kv_heads,
            group.key_elements_per_token,
            group.value_elements_per_token,
            group.window_tokens,
        )
        for group in _groups(config)
        if group.kv_heads or group.convolution_state_elements
    }


@pytest.mark.parametrize(
    ("config", "kept"),
    [
        pytest.param(
            {"model_type": "recurrent_gemma", "num_key_value_heads": 1},
            {"state-space": (18, 0, 0, 0, None), "sliding": (8, 1, 256, 256, 2048)},
            id="RecurrentGemma attends within a window at each third layer",
        ),
        pytest.param(
            {"model_type": "olmo_hybrid"},
            {"linear": (24, 0, 0, 0, None), "full": (8, 30, 128, 128, None)},
            id="OLMo Hybrid attends at each fourth layer",
        ),
        pytest.param(
            {"model_type": "olmo_hybrid", "num_hidden_layers": 3},
            {"linear": (2, 0, 0, 0, None), "full": (1, 30, 128, 128, None)},
            id="OLMo Hybrid attends at the last of few layers",
        ),
        pytest.param(
            {"model_type": "lfm3"},
            {
                "state-space": (13, 0, 0, 0, None),
                "full": (6, 4, 128, 128, None),
                "sliding": (5, 4, 128, 128, 256),
            },
            id="LFM3 has sliding layers and full ones between its convolutions",
        ),
        pytest.param(
            {"model_type": "olmo3"},
            {"sliding": (24, 32, 128, 128, 4096), "full": (8, 32, 128, 128, None)},
            id="OLMo 3 attends fully at each fourth layer",
        ),
        pytest.param(
            {"model_type": "vaultgemma"},
            {"sliding": (13, 4, 256, 256, 4096), "full": (13, 4, 256, 256, None)},
            id="VaultGemma attends fully at each second layer",
        ),
        pytest.param(
            {"model_type": "modernbert-decoder"},
            {"full": (8, 12, 64, 64, None), "sliding": (14, 12, 64, 64, 64)},
            id="the ModernBERT decoder sees half of the local window on one side",
        ),
        pytest.param(
            {"model_type": "modernbert-decoder", "local_attention": None},
            {"full": (8, 12, 64, 64, None), "sliding": (14, 12, 64, 64, None)},
            id="a ModernBERT decoder without a stated window may keep everything",
        ),
        pytest.param(
            {"model_type": "ministral"},
            {"sliding": (32, 8, 128, 128, 4096)},
            id="Ministral has the window of its class",
        ),
        pytest.param(
            {"model_type": "ministral", "sliding_window": None},
            {"full": (32, 8, 128, 128, None)},
            id="Ministral has none where the file says so",
        ),
        pytest.param(
            {"model_type": "phi3", "sliding_window": 2047},
            {"sliding": (32, 32, 96, 96, 2047)},
            id="Phi-3 has the window that its file states",
        ),
        pytest.param(
            {"model_type": "smollm3", "use_sliding_window": True, "sliding_window": 512},
            {"full": (27, 4, 128, 128, None), "sliding": (9, 4, 128, 128, 512)},
            id="only layers of SmolLM3 without positions have the window",
        ),
        pytest.param(
            {"model_type": "gemma3n_text"},
            {"sliding": (16, 2, 256, 256, 512), "full": (4, 2, 256, 256, None)},
            id="layers of Gemma 3n that reuse keys and values keep none",
        ),
    ],
)
def test_each_kind_of_layer_keeps_what_its_class_says(
    config: dict[str, Any], kept: dict[str, tuple[int, int, int, int, int | None]]
) -> None:
    assert _kept(config) == kept


@pytest.mark.parametrize("model_type", ["minicpm3", "youtu"])
def test_latent_attention_that_the_engine_expands_keeps_keys_and_values_of_every_head(model_type: str) -> None:
    """vLLM 0.33.0 caches latent rows only for the types of `is_deepseek_mla`, which has neither of the two."""
    attention = read_architecture({"model_type": model_type}).attention
    assert attention is not None
    (group,) = attention.groups
    assert not attention.is_latent
    assert group.kv_heads == attention.heads
    assert group.key_elements_per_token == group.value_elements_per_token == attention.head_dimension


def test_each_run_of_a_layer_of_hrm_text_has_a_cache_of_its_own() -> None:
    """Two cycles that run the low stack three times and the high stack once: eight runs of sixteen layers."""
    assert _kept({"model_type": "hrm_text"}) == {"full": (128, 12, 128, 128, None)}


def test_both_spellings_of_the_runs_of_hrm_text_mean_the_same() -> None:
    first = read_architecture({"model_type": "hrm_text", "num_hidden_layers": 4, "H_cycles": 2, "L_cycles": 1})
    later = read_architecture(
        {"model_type": "hrm_text", "num_layers_per_stack": 4, "num_hidden_layers": 16, "H_cycles": 2, "L_cycles": 1}
    )
    assert (first.layers, first.parameters, first.attention) == (later.layers, later.parameters, later.attention)
    assert first.layers == 16


@pytest.mark.parametrize(
    ("config", "tokens"),
    [
        ({"model_type": "mpt", "max_seq_len": 8192}, 8192),
        ({"model_type": "mpt"}, 2048),
        ({"model_type": "rwkv", "context_length": 4096}, 4096),
        ({"model_type": "rwkv"}, 1024),
    ],
)
def test_the_context_has_the_name_of_its_class(config: dict[str, Any], tokens: int) -> None:
    context = read_architecture(config).context
    assert context is not None
    assert context.original_tokens == tokens


@pytest.mark.parametrize("model_type", ["mamba", "mamba2", "falcon_mamba", "xlstm", "recurrent_gemma"])
def test_a_recurrent_model_that_states_no_length_has_none(model_type: str) -> None:
    assert read_architecture({"model_type": model_type}).context is None
