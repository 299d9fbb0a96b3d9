"""DeepSeek-VL2 and, in the published spelling, DeepSeek-OCR, its second version and Unlimited-OCR.

The files of all have the type `deepseek_vl_v2` (Unlimited-OCR `unlimited-ocr`) and are told apart by their class,
which decides the vision tower. The language model in `language_config` is DeepSeek-V2; where the widths of its
rotary and plain query parts are both 0, its attention is that of the first generation.

Defined by DeepseekVLV2Config and the classes named below of vLLM 0.33.0.
"""

from collections.abc import Callable, Mapping

from neuroscale.architecture.blocks import dense_feed_forward, latent_attention, routed_experts
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.deepseek import DEEPSEEK_V2, deepseek_experts
from neuroscale.architecture.families.llama_shaped import derived_head_attention
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.towers.deepseek_vl2 import (
    sam_and_clip_with_projector,
    sam_and_queries_with_projector,
    siglip_with_projector,
)

_DEFAULT_CLASS = "DeepseekVLV2ForCausalLM"
_TOWERS: Mapping[str, Callable[[Fields], int]] = {
    _DEFAULT_CLASS: siglip_with_projector,
    "DeepseekOCRForCausalLM": sam_and_clip_with_projector,
    "DeepseekOCR2ForCausalLM": sam_and_queries_with_projector,
}
_UNLIMITED_CLASS = "UnlimitedOCRForCausalLM"


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    for name in ("attention_bias", "mlp_bias"):
        if fields.flag(name):
            raise UncountableError(f"{name} is not covered: the engine builds no such bias")
    has_experts = routed_experts(fields) > 0
    first = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    period = fields.integer("moe_layer_freq", maximum=MAXIMUM_LAYERS)
    kind: AttentionKind = "latent" if _is_latent(fields) else "full"
    sparse = [has_experts and index >= first and index % period == 0 for index in range(layer_count(fields))]
    return tuple(LayerKind(kind, dense=not experts, experts=experts) for experts in sparse)


def _is_latent(fields: Fields) -> bool:
    widths = ("qk_nope_head_dim", "qk_rope_head_dim")
    return any(fields.optional_integer(name, maximum=MAXIMUM_WIDTH) for name in widths)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    return latent_attention(fields, kind) if kind.attention == "latent" else derived_head_attention(fields, kind)


def _vision(root: Fields) -> int:
    stated = root.texts("architectures") or (_DEFAULT_CLASS,)
    return _TOWERS[stated[0]](root)


_TEXT_DEFAULTS = {**DEEPSEEK_V2.defaults, "moe_layer_freq": 1}

DEEPSEEK_VL2 = Family(
    model_types=("deepseek_vl_v2",),
    class_names=tuple(_TOWERS),
    defaults=_TEXT_DEFAULTS,
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=deepseek_experts,
    can_tie=False,
    text_field="language_config",
    root_defaults={},
    vision=_vision,
)

UNLIMITED_OCR_PUBLISHED = Family(
    model_types=("unlimited-ocr",),
    class_names=(_UNLIMITED_CLASS,),
    defaults=_TEXT_DEFAULTS,
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=deepseek_experts,
    can_tie=False,
    text_field="language_config",
    root_defaults={},
    vision=sam_and_clip_with_projector,
)

FAMILIES = (DEEPSEEK_VL2, UNLIMITED_OCR_PUBLISHED)
