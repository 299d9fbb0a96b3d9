"""Published spellings that the classes of transformers ignore or refuse, but that checkpoints follow.

The records cannot show them: each is compared with the spelling that a recorded build has.
"""

from typing import Any

import pytest

from neuroscale.architecture.model import ModelArchitecture, ParameterCounts
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError
from tests.architecture.ground_truth_rows import model_rows

HUNYUAN: dict[str, Any] = {
    "model_type": "hunyuan_v1_moe",
    "hidden_size": 32,
    "intermediate_size": 16,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "vocab_size": 64,
}
MIMO: dict[str, Any] = {"model_type": "mimo_v2_flash", "num_hidden_layers": 6}
# What the page of the published model states, rounded as it is there.
GLM_4_5_STORED_PARAMETERS = 358.34e9


def _parameters(config: dict[str, Any]) -> ParameterCounts:
    architecture = read_architecture(config)
    assert architecture.parameters is not None, architecture.unread
    return architecture.parameters


def _hunyuan(**fields: Any) -> ModelArchitecture:
    return read_architecture({**HUNYUAN, **fields})


def test_hunyuan_layers_that_differ_add_up_to_models_of_one_layer_each() -> None:
    both = _hunyuan(num_hidden_layers=2, num_experts=[4, 8], moe_topk=[1, 4], num_shared_expert=[1, 2])
    first = _hunyuan(num_hidden_layers=1, num_experts=4, moe_topk=1, num_shared_expert=1)
    second = _hunyuan(num_hidden_layers=1, num_experts=8, moe_topk=4, num_shared_expert=2)
    parts = [part.parameters for part in (first, second)]
    assert both.parameters is not None
    for component in ("attention", "router", "routed_experts", "shared_experts"):
        summed = sum(getattr(part, component) for part in parts)
        assert getattr(both.parameters, component) == summed, component
    assert both.active_routed_experts == (first.active_routed_experts or 0) + (second.active_routed_experts or 0)


def test_hunyuan_names_the_largest_layer_where_layers_differ() -> None:
    experts = _hunyuan(num_hidden_layers=2, num_experts=[4, 8], moe_topk=[2, 1], num_shared_expert=[1, 2]).experts
    assert experts is not None
    assert (experts.routed_experts, experts.experts_per_token, experts.shared_intermediate_size) == (8, 2, 32)
    assert experts.moe_layers == 2


def test_a_hunyuan_layer_with_one_expert_is_dense() -> None:
    architecture = _hunyuan(num_hidden_layers=2, num_experts=[1, 8], moe_topk=[1, 2])
    assert architecture.experts is not None
    assert architecture.experts.moe_layers == 1
    assert architecture.parameters is not None
    assert architecture.parameters.dense_feed_forward == 3 * 32 * 16


def test_hunyuan_lists_that_name_another_number_of_layers_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="has 2 entries for 3 layers"):
        _hunyuan(num_hidden_layers=3, num_experts=8, moe_topk=[1, 2])


def test_hunyuan_experts_of_a_width_that_the_class_does_not_build_are_not_counted() -> None:
    architecture = _hunyuan(num_hidden_layers=2, num_experts=8, moe_topk=2, moe_intermediate_size=[16, 24])
    assert architecture.parameters is None


def test_mimo_says_which_layers_slide_and_hold_experts_by_pattern_or_by_name() -> None:
    by_pattern = {**MIMO, "hybrid_layer_pattern": [0, 1, 1, 0, 1, 1], "moe_layer_freq": [0, 0, 1, 1, 1, 0]}
    by_name = {
        **MIMO,
        "layer_types": ["sliding_attention" if slides else "full_attention" for slides in (0, 1, 1, 0, 1, 1)],
        "mlp_layer_types": ["sparse" if has_experts else "dense" for has_experts in (0, 0, 1, 1, 1, 0)],
    }
    assert _parameters(by_pattern) == _parameters(by_name)


@pytest.mark.parametrize(
    "contradiction",
    [
        {"swa_num_key_value_heads": 2},
        {"swa_head_dim": 64},
        {"add_full_attention_sink_bias": True},
        {"n_shared_experts": 1},
    ],
)
def test_mimo_shapes_that_the_class_does_not_build_are_not_counted(contradiction: dict[str, Any]) -> None:
    assert read_architecture({**MIMO, **contradiction}).parameters is None


def test_hunyuan_3_says_which_layers_are_dense_by_number_or_by_name() -> None:
    model = {"model_type": "hy_v3", "num_hidden_layers": 4}
    by_number = {**model, "first_k_dense_replace": 2, "expert_hidden_dim": 64}
    by_name = {**model, "mlp_layer_types": ["dense", "dense", "sparse", "sparse"], "moe_intermediate_size": 64}
    assert _parameters(by_number) == _parameters(by_name)


def test_jetmoe_has_as_many_query_heads_for_each_chosen_expert_as_key_value_heads() -> None:
    attention = read_architecture(
        {"model_type": "jetmoe", "num_key_value_heads": 4, "num_experts_per_tok": 3}
    ).attention
    assert attention is not None
    assert (attention.heads, attention.kv_heads, attention.head_dimension) == (12, 4, 128)


def test_projections_of_laguna_follow_the_query_heads_of_each_layer() -> None:
    modules = read_architecture(
        {
            "model_type": "laguna",
            "num_hidden_layers": 3,
            "hidden_size": 64,
            "num_attention_heads": 4,
            "num_attention_heads_per_layer": [4, 8, 4],
            "num_key_value_heads": 2,
            "head_dim": 16,
        }
    ).linear_modules
    sizes = {(module.name, module.parameters): module.layers for module in modules}
    for name in ("self_attn.q_proj", "self_attn.o_proj"):
        assert sizes[name, 64 * 4 * 16] == (0, 2)
        assert sizes[name, 64 * 8 * 16] == (1,)
    assert sizes["self_attn.k_proj", 64 * 2 * 16] == (0, 1, 2)
    assert sizes["self_attn.g_proj", 64 * 8] == (1,)


def test_glm_4_5_stores_a_draft_layer_that_no_count_of_the_model_includes() -> None:
    config = next(row["config"] for row in model_rows() if row["name"] == "zai-org/GLM-4.5")
    architecture = read_architecture(config)
    draft = architecture.multi_token_prediction
    assert draft is not None
    assert draft.parameters is not None
    assert draft.layers == 1
    stored = _parameters(config).total + draft.parameters
    assert stored == pytest.approx(GLM_4_5_STORED_PARAMETERS, rel=0.5e-4)


def test_a_draft_layer_that_the_file_does_not_state_is_not_assumed() -> None:
    assert read_architecture({"model_type": "glm4_moe"}).multi_token_prediction is None


@pytest.mark.parametrize(
    ("model_type", "fields"),
    [
        ("laguna", {"gating": False}),
        ("laguna", {"swa_attention_sink_enabled": True}),
        ("hy_v3", {"num_shared_experts": 0}),
        ("hy_v3", {"qk_norm": False}),
        ("inkling_text", {"tie_word_embeddings": True}),
        ("kimi_linear", {"tie_word_embeddings": True}),
        ("glm4v_moe", {"text_config": {"use_qk_norm": True}}),
        ("inkling_mm_model", {"vision_config": {"n_layers": 24}}),
        ("inkling_mm_model", {"vision_config": {"n_layers": 4, "use_vision_norm": False}}),
        ("inkling_mm_model", {"vision_config": {"n_layers": 4}, "audio_config": {"use_audio_norm": False}}),
    ],
)
def test_what_two_definitions_of_a_class_build_differently_is_not_counted(
    model_type: str, fields: dict[str, Any]
) -> None:
    architecture = read_architecture({"model_type": model_type, **fields})
    assert architecture.parameters is None
    assert architecture.unread
