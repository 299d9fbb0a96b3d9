"""Step 3.7: sliding layers with query heads of their own number, a gate per head, shared experts, a vision tower.

Published lists of layers go on over the draft layers behind the last one. They name experts, key/value heads and
sliding heads in their own way: `moe_num_experts`, `moe_top_k`, `num_attention_groups`, `share_expert_dims` and
`attention_other_setting`; `moe_layers_enum` lists the layers with experts. Each draft layer has an output head of
its own. Defined by Step3p7TextConfig, Step3p7VisionConfig and Step3p7ForConditionalGeneration of transformers, the
draft layers by vLLM 0.33.0, `step3p5_mtp`.
"""

from collections.abc import Sequence
from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    head_dimension,
    hidden_size,
    key_value_heads,
    projection,
    query_heads,
    shared_expert_width,
)
from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    ExpertsBlock,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.fields import (
    MAXIMUM_HEADS,
    MAXIMUM_LAYERS,
    MAXIMUM_TOKENS,
    MAXIMUM_VOCABULARY,
    Fields,
)
from neuroscale.architecture.layer_plan import ATTENTION_KINDS, layer_count
from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.architecture.towers.perception_encoder import perception_encoder
from neuroscale.errors import InvalidInputError

_FIRST_DENSE = 3
_ALIASES = {
    "num_key_value_heads": ("num_attention_groups",),
    "share_expert_dim": ("share_expert_dims",),
    "num_nextn_predict_layers": ("num_mtp_layers",),
}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    attention = _stated_types(fields, "layer_types", layers) or ("full_attention",) * layers
    feed_forward = _stated_types(fields, "mlp_layer_types", layers) or _feed_forward_types(fields, layers)
    return tuple(_kind(*types) for types in zip(attention[:layers], feed_forward[:layers], strict=True))


def _kind(attention: str, feed_forward: str) -> LayerKind:
    if attention not in ATTENTION_KINDS:
        raise UncountableError(f"the layer type {attention!r} is not known for this family")
    if feed_forward not in {"dense", "sparse"}:
        raise UncountableError(f"the feed-forward type {feed_forward!r} is not known for this family")
    is_dense = feed_forward == "dense"
    return LayerKind(ATTENTION_KINDS[attention], dense=is_dense, experts=not is_dense)


def _draft_layers(fields: Fields) -> int:
    return fields.optional_integer("num_nextn_predict_layers", maximum=MAXIMUM_LAYERS) or 0


def _stated_types(fields: Fields, name: str, layers: int) -> tuple[str, ...] | None:
    """Return a list of types per layer, which may go on over the draft layers."""
    stated = fields.texts(name)
    if stated is not None and len(stated) not in {layers, layers + _draft_layers(fields)}:
        raise InvalidInputError(f"has {len(stated)} entries for {layers} layers", field=fields.path(name))
    return stated


def _feed_forward_types(fields: Fields, layers: int) -> Sequence[str]:
    """Return the types that `moe_layers_enum` means, or experts in all but the first layers; drafts included."""
    stated = fields.value("moe_layers_enum")[1]
    if stated is None:
        with_experts = frozenset(range(_FIRST_DENSE, layers))
    elif isinstance(stated, str):
        names = [name.strip() for name in (fields.optional_text("moe_layers_enum") or "").split(",")]
        if not all(name.isdecimal() for name in names if name):
            raise InvalidInputError("must list layers, such as 3,4,5", field=fields.path("moe_layers_enum"))
        with_experts = frozenset(int(name) for name in names if name)
    else:
        with_experts = frozenset(fields.integers("moe_layers_enum", maximum=MAXIMUM_LAYERS) or ())
    return ["sparse" if index in with_experts else "dense" for index in range(layers + _draft_layers(fields))]


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden, width, kv_heads = hidden_size(fields), head_dimension(fields), key_value_heads(fields)
    heads = _sliding_heads(fields) if kind.attention == "sliding" else query_heads(fields)
    bias = fields.flag("attention_bias")
    gate = heads if fields.value("gating")[1] in (True, "per-head") else heads * width
    window = fields.optional_integer("sliding_window", maximum=MAXIMUM_TOKENS, minimum=1)
    return AttentionBlock(
        weights=projection(hidden, (heads + 2 * kv_heads) * width, bias=bias)
        + projection(heads * width, hidden, bias=bias)
        + projection(hidden, gate),
        norms=2 * width,
        head_dimension=width,
        kv_heads=kv_heads,
        key_elements=width,
        value_elements=width,
        window_tokens=window if kind.attention == "sliding" else None,
        modules=(
            ("self_attn.q_proj", hidden * heads * width),
            ("self_attn.k_proj", hidden * kv_heads * width),
            ("self_attn.v_proj", hidden * kv_heads * width),
            ("self_attn.o_proj", heads * width * hidden),
            ("self_attn.g_proj", hidden * gate),
        ),
    )


def _sliding_heads(fields: Fields) -> int:
    stated = fields.optional_integer("num_sliding_attention_heads", maximum=MAXIMUM_HEADS, minimum=1)
    if stated is not None:
        return stated
    other = fields.nested("attention_other_setting")
    if other is None or not other.has("num_attention_heads"):
        return query_heads(fields)
    return query_heads(other)


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    return dense_feed_forward(fields, kind, bias="mlp_bias")


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    block = expert_feed_forward(
        fields,
        kind,
        shared_width=lambda known, width: shared_expert_width(known, width, width="share_expert_dim"),
        module="moe",
        shared_module="share_expert",
    )
    biases = 2 * block.shared_intermediate_size + hidden_size(fields) if fields.flag("mlp_bias") else 0
    return replace(block, shared=block.shared + biases)


def _prediction(fields: Fields) -> MultiTokenPrediction | None:
    """Return the draft layers; their parameters only where the lists of layers go on over them."""
    drafts, layers = _draft_layers(fields), layer_count(fields)
    if not drafts:
        return None
    attention = _behind_last(fields, "layer_types", "mtp_layer_types", layers)
    feed_forward = _behind_last(fields, "mlp_layer_types", "mtp_mlp_layer_types", layers)
    if not feed_forward and fields.texts("mlp_layer_types") is None:
        feed_forward = _feed_forward_types(fields, layers)[layers:]
    if not len(attention) == len(feed_forward) == drafts:
        return MultiTokenPrediction(drafts)
    hidden = hidden_size(fields)
    head = fields.integer("vocab_size", maximum=MAXIMUM_VOCABULARY) * hidden
    blocks = sum(_layer_parameters(fields, _kind(*types)) for types in zip(attention, feed_forward, strict=True))
    return MultiTokenPrediction(drafts, blocks + drafts * (projection(2 * hidden, hidden) + 5 * hidden + head))


def _behind_last(fields: Fields, name: str, behind: str, layers: int) -> Sequence[str]:
    stated = _stated_types(fields, name, layers)
    return fields.texts(behind) or (() if stated is None else stated[layers:])


def _layer_parameters(fields: Fields, kind: LayerKind) -> int:
    attention = _attention(fields, kind)
    if kind.dense:
        return attention.weights + attention.norms + _dense(fields, kind).weights
    experts = _experts(fields, kind)
    return attention.weights + attention.norms + experts.router + experts.routed + experts.shared


def _vision(root: Fields) -> int:
    text = root.nested("text_config", STEP3P7.defaults, _ALIASES)
    if text is None:
        raise UncountableError("text_config is missing")
    return perception_encoder(root, text)


STEP3P7 = Family(
    model_types=("step3p7",),
    class_names=("Step3p7ForConditionalGeneration",),
    defaults={
        "vocab_size": 128815,
        "hidden_size": 4096,
        "intermediate_size": 11264,
        "num_hidden_layers": 45,
        "num_attention_heads": 64,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 128000,
        "n_routed_experts": 288,
        "num_experts_per_tok": 8,
        "moe_intermediate_size": 1280,
        "share_expert_dim": 1280,
        "gating": True,
    },
    layers=_layers,
    attention=_attention,
    dense=_dense,
    experts=_experts,
    prediction=_prediction,
    aliases=_ALIASES,
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=_vision,
)

FAMILIES = (STEP3P7,)
