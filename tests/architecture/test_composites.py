"""A multimodal model is counted with any described language model and tower, and told in part with any other."""

from typing import Any

import pytest

from neuroscale.architecture.families import composites_by_model_type, families_by_model_type
from neuroscale.architecture.model import ParameterCounts
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "vocab_size": 100,
}
CLIP: dict[str, Any] = {
    "model_type": "clip_vision_model",
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "image_size": 28,
    "patch_size": 14,
}
LLAVA: dict[str, Any] = {"model_type": "llava", "text_config": LLAMA, "vision_config": CLIP}


def _counts(config: dict[str, Any]) -> ParameterCounts:
    architecture = read_architecture(config)
    assert architecture.parameters is not None, architecture.unread
    return architecture.parameters


def test_the_language_model_counts_as_it_does_alone() -> None:
    alone, inside = _counts(LLAMA), _counts(LLAVA)
    assert inside.language_model == alone.total
    assert inside.vision_tower > 0


def test_a_mixture_inside_a_composite_keeps_its_experts() -> None:
    text = {
        **LLAMA,
        "model_type": "qwen3_moe",
        "moe_intermediate_size": 32,
        "num_experts": 8,
        "num_experts_per_tok": 2,
    }
    architecture = read_architecture({**LLAVA, "text_config": text})
    alone = read_architecture(text)
    assert architecture.is_mixture_of_experts is True
    assert architecture.experts == alone.experts
    assert architecture.active_parameters == alone.active_parameters


def test_a_part_without_a_type_is_of_the_type_that_the_class_means() -> None:
    unnamed = {
        **LLAVA,
        "text_config": {name: value for name, value in LLAMA.items() if name != "model_type"},
        "vision_config": {name: value for name, value in CLIP.items() if name != "model_type"},
    }
    assert _counts(unnamed) == _counts(LLAVA)


def test_a_tower_that_is_not_described_leaves_the_language_model_told() -> None:
    architecture = read_architecture({**LLAVA, "vision_config": {"model_type": "brand_new_vision"}})
    assert architecture.parameters is None
    assert architecture.layers == 3
    assert architecture.attention is not None
    assert architecture.attention.groups
    assert "the tower type 'brand_new_vision' (vision_config) is not described" in architecture.unread[0]


def test_a_language_model_that_is_not_described_is_told_by_its_plain_fields_only() -> None:
    architecture = read_architecture({**LLAVA, "text_config": {**LLAMA, "model_type": "brand_new"}})
    assert architecture.parameters is None
    assert architecture.layers == 3
    assert architecture.is_mixture_of_experts is None
    assert "the language model type 'brand_new' is not described" in architecture.unread[0]


def test_a_language_model_with_towers_of_its_own_is_not_counted_twice() -> None:
    architecture = read_architecture({**LLAVA, "text_config": {"model_type": "gemma3", "text_config": {}}})
    assert architecture.parameters is None
    assert "has towers of its own" in architecture.unread[0]


def test_a_foreign_class_is_refused_and_the_language_model_told() -> None:
    architecture = read_architecture({**LLAVA, "architectures": ["LlavaLlamaForCausalLM"]})
    assert architecture.parameters is None
    assert architecture.layers == 3


def test_fields_of_the_language_model_in_the_root_are_not_mistaken_for_class_defaults() -> None:
    architecture = read_architecture({**LLAMA, "model_type": "llava"})
    assert architecture.parameters is None
    assert "the language model's fields are not in text_config" in architecture.unread[0]


def test_fields_in_the_root_count_as_nested_ones_where_the_class_reads_both() -> None:
    text = {**LLAMA, "num_key_value_heads": 2}
    vision = {"depth": 2, "embed_dim": 32, "hidden_size": 64, "num_heads": 2}
    flat = {**text, "model_type": "qwen2_vl", "vision_config": vision}
    nested = {"model_type": "qwen2_vl", "text_config": text, "vision_config": vision}
    assert _counts(flat) == _counts(nested)


@pytest.mark.parametrize("model_type", ["mistral3", "internvl", "lighton_ocr"])
@pytest.mark.parametrize("tied", [True, False])
def test_a_silent_root_leaves_tying_to_the_language_model(model_type: str, *, tied: bool) -> None:
    config = {"model_type": model_type, "text_config": {**LLAMA, "tie_word_embeddings": tied}}
    assert read_architecture(config).tied_embeddings is tied


def test_a_root_that_speaks_decides_about_tying() -> None:
    text = {**LLAMA, "tie_word_embeddings": True}
    config = {"model_type": "mistral3", "tie_word_embeddings": False, "text_config": text}
    assert read_architecture(config).tied_embeddings is False


def test_a_class_that_never_ties_keeps_its_head() -> None:
    config = {"model_type": "qwen2_audio", "text_config": {**LLAMA, "tie_word_embeddings": True}}
    assert read_architecture(config).tied_embeddings is False
    assert _counts(config).output_head == LLAMA["vocab_size"] * LLAMA["hidden_size"]


def test_the_thinker_of_an_omni_model_is_what_is_counted() -> None:
    thinker = {"text_config": LLAMA, "audio_config": {"encoder_layers": 2}}
    whole = {"model_type": "qwen2_5_omni", "thinker_config": thinker, "talker_config": {"num_hidden_layers": 9}}
    assert _counts(whole) == _counts({"model_type": "qwen2_5_omni_thinker", **thinker})


def test_a_type_that_is_built_as_another_counts_as_the_other() -> None:
    config = {"text_config": {**LLAMA, "tie_word_embeddings": True}, "vision_config": {"num_hidden_layers": 2}}
    assert _counts({"model_type": "pp_chart2table", **config}) == _counts({"model_type": "got_ocr2", **config})
    config = {"text_config": LLAMA, "vision_config": {"depth": 2}}
    assert _counts({"model_type": "glmga", **config}) == _counts({"model_type": "glm46v", **config})


def test_an_absent_optional_part_has_the_defaults_of_the_class() -> None:
    assert _counts({"model_type": "voxtral"}).audio_tower > 600_000_000


def test_defaults_of_the_composite_go_before_those_of_the_language_model() -> None:
    assert read_architecture({"model_type": "voxtral", "text_config": {"num_hidden_layers": 2}}).hidden_size == 3072


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"vision_config": []}, "vision_config"),
        ({"text_config": "llama"}, "text_config"),
        ({"vision_config": {**CLIP, "patch_size": 0}}, "vision_config.patch_size"),
        ({"vision_config": {**CLIP, "image_size": [28, 28, 28]}}, "vision_config.image_size"),
        ({"multimodal_projector_bias": "yes"}, "multimodal_projector_bias"),
    ],
)
def test_a_malformed_part_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as problem:
        read_architecture({**LLAVA, **change})
    assert problem.value.field == field


def test_no_model_type_is_both_a_family_and_a_composite() -> None:
    assert not families_by_model_type().keys() & composites_by_model_type().keys()
