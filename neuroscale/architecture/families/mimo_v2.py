"""MiMo-V2 in its published form: sliding layers have heads, widths and sinks of their own.

`hybrid_layer_pattern` says which layers slide (1) and `moe_layer_freq` which have experts (1); the shape of sliding
layers is that of the `swa_*` fields. The configuration class
came with the published weights; defined by MiMoV2ForCausalLM of vLLM 0.33.0.
"""

from neuroscale.architecture.blocks import dense_feed_forward, expert_feed_forward, hidden_size, projection
from neuroscale.architecture.decoder import AttentionBlock, ExpertsBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import (
    MAXIMUM_EXPERTS,
    MAXIMUM_HEADS,
    MAXIMUM_TOKENS,
    MAXIMUM_WIDTH,
    Fields,
)
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.errors import InvalidInputError


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    slides, sparse = _pattern(fields, "hybrid_layer_pattern"), _pattern(fields, "moe_layer_freq")
    return tuple(
        LayerKind("sliding" if window else "full", dense=not experts, experts=bool(experts))
        for window, experts in zip(slides, sparse, strict=True)
    )


def _pattern(fields: Fields, name: str) -> tuple[int, ...]:
    layers, pattern = layer_count(fields), fields.integers(name, maximum=1)
    if pattern is None or len(pattern) != layers:
        raise InvalidInputError(
            f"must be a list of 0 and 1 with an entry for each of the {layers} layers", field=fields.path(name)
        )
    return pattern


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    slides = kind.attention == "sliding"
    prefix, hidden = "swa_" if slides else "", hidden_size(fields)
    heads = fields.integer(f"{prefix}num_attention_heads", maximum=MAXIMUM_HEADS)
    kv_heads = fields.integer(f"{prefix}num_key_value_heads", maximum=MAXIMUM_HEADS)
    width = fields.integer(f"{prefix}head_dim", maximum=MAXIMUM_WIDTH)
    value_width = fields.optional_integer(f"{prefix}v_head_dim", maximum=MAXIMUM_WIDTH, minimum=1) or width
    window = fields.optional_integer("sliding_window_size", "sliding_window", maximum=MAXIMUM_TOKENS, minimum=1)
    return AttentionBlock(
        weights=projection(
            hidden, (heads + kv_heads) * width + kv_heads * value_width, bias=fields.flag("attention_bias")
        )
        + projection(heads * value_width, hidden)
        + (heads if slides and fields.flag("add_swa_attention_sink_bias") else 0),
        norms=0,
        head_dimension=width,
        kv_heads=kv_heads,
        key_elements=width,
        value_elements=value_width,
        window_tokens=window if slides else None,
    )


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    if fields.optional_integer("n_shared_experts", maximum=MAXIMUM_EXPERTS):
        raise UncountableError("shared experts (n_shared_experts) are not covered")
    return expert_feed_forward(fields, kind)


MIMO_V2 = Family(
    model_types=("mimo_v2",),
    class_names=("MiMoV2ForCausalLM",),
    defaults={},
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=_experts,
    can_tie=False,
)

FAMILIES = (MIMO_V2,)
