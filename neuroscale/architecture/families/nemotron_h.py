"""Nemotron-H and Nemotron 3: each layer is one mixer alone: Mamba-2, attention, a dense feed-forward or experts.

The layers are given letter by letter in `hybrid_override_pattern` or by name in `layers_block_type`;
`num_hidden_layers` does not decide. Feed-forwards have no gate: two projections, not three. Routed experts may work
in a smaller width (`moe_latent_size`) with one projection into it and one out. A `sliding_window` holds for every
attention layer. A checkpoint may hold a draft layer, itself made of several mixers (`mtp_hybrid_override_pattern`).
Defined by NemotronHConfig and NemotronHForCausalLM of transformers, the draft layer by vLLM 0.33.0,
`nemotron_h_mtp`.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    grouped_query_attention,
    hidden_size,
    projection,
)
from neuroscale.architecture.decoder import AttentionBlock, ExpertsBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.architecture.module_renaming import renamed_modules
from neuroscale.architecture.recurrent_blocks import mamba2_mixer
from neuroscale.errors import InvalidInputError

_MAMBA = LayerKind("state-space", dense=False, experts=False)
_ATTENTION = LayerKind("full", dense=False, experts=False)
_DENSE = LayerKind("none", dense=True, experts=False)
_EXPERTS = LayerKind("none", dense=False, experts=True)

_KINDS = {
    "M": _MAMBA,
    "mamba": _MAMBA,
    "linear_attention": _MAMBA,
    "*": _ATTENTION,
    "attention": _ATTENTION,
    "full_attention": _ATTENTION,
    "-": _DENSE,
    "mlp": _DENSE,
    "E": _EXPERTS,
    "moe": _EXPERTS,
}


_IN_MIXER = {f"self_attn.{name}": f"mixer.{name}" for name in ("q_proj", "k_proj", "v_proj", "o_proj")}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    names: Sequence[str] | None = fields.texts("layers_block_type") or fields.texts("layer_types")
    if names is None:
        names = fields.optional_text("hybrid_override_pattern")
    if not names:
        raise UncountableError("the layers are not stated (hybrid_override_pattern or layers_block_type)")
    return _kinds(fields, names)


def _kinds(fields: Fields, names: Sequence[str]) -> tuple[LayerKind, ...]:
    if len(names) > MAXIMUM_LAYERS:
        raise InvalidInputError(f"states {len(names)} layers", field=fields.path("hybrid_override_pattern"))
    if unknown := set(names) - _KINDS.keys():
        raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
    attention = _ATTENTION
    if fields.optional_integer("sliding_window", maximum=MAXIMUM_TOKENS):
        attention = _ATTENTION._replace(attention="sliding")
    return tuple(attention if _KINDS[name] == _ATTENTION else _KINDS[name] for name in names)


def _mixer(fields: Fields, kind: LayerKind) -> AttentionBlock:
    match kind.attention:
        case "state-space":
            return _mamba(fields)
        case "full" | "sliding":
            return renamed_modules(grouped_query_attention(fields, kind), _IN_MIXER)
        case _:
            return AttentionBlock(
                weights=0, norms=0, head_dimension=0, kv_heads=0, key_elements=0, value_elements=0
            )


def _mamba(fields: Fields) -> AttentionBlock:
    return mamba2_mixer(
        fields,
        heads=fields.integer("mamba_num_heads", maximum=MAXIMUM_HEADS),
        head=fields.integer("mamba_head_dim", maximum=MAXIMUM_WIDTH),
        groups=fields.integer("mamba_n_groups", "n_groups", maximum=MAXIMUM_HEADS),
        state=fields.integer("ssm_state_size", maximum=MAXIMUM_WIDTH),
        kernel=fields.integer("mamba_d_conv", "conv_kernel", maximum=MAXIMUM_WIDTH),
        projection_bias=fields.flag("use_bias"),
        convolution_bias=fields.flag("mamba_conv_bias", "use_conv_bias"),
    )


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    hidden, bias = hidden_size(fields), fields.flag("mlp_bias")
    latent = fields.optional_integer("moe_latent_size", maximum=MAXIMUM_WIDTH, minimum=1)
    shared = fields.integer("moe_shared_expert_intermediate_size", maximum=MAXIMUM_WIDTH)
    block = expert_feed_forward(
        fields,
        kind,
        matrices=2,
        expert_input=latent,
        shared_width=lambda _fields, _width: shared,
        module="mixer.experts.0",
        shared_module="mixer.shared_experts",
    )
    shared_bias = shared + hidden if bias else 0
    latent_projections = 0
    if latent is not None:
        latent_projections = projection(hidden, latent, bias=bias) + projection(latent, hidden, bias=bias)
    return replace(block, shared=block.shared + shared_bias, other=latent_projections)


def _prediction(fields: Fields) -> MultiTokenPrediction | None:
    """Return the draft layer; what more than one would share is not known, so that those are not counted."""
    layers = fields.optional_integer("num_nextn_predict_layers", maximum=MAXIMUM_LAYERS) or 0
    names: Sequence[str] | None = fields.texts("mtp_layers_block_type")
    if names is None:
        names = fields.optional_text("mtp_hybrid_override_pattern") or "*E"
    kinds = _kinds(fields, names)
    if layers != 1 or any(kind.attention == "state-space" or kind.dense for kind in kinds):
        return MultiTokenPrediction(layers) if layers else None
    hidden = hidden_size(fields)
    mixers = sum(_mixer_parameters(fields, kind) + hidden for kind in kinds)
    return MultiTokenPrediction(layers, mixers + projection(2 * hidden, hidden) + 3 * hidden)


def _mixer_parameters(fields: Fields, kind: LayerKind) -> int:
    if not kind.experts:
        return _mixer(fields, kind).weights
    block = _experts(fields, kind)
    return block.router + block.routed + block.shared + block.other


NEMOTRON_H = Family(
    model_types=("nemotron_h",),
    class_names=("NemotronHForCausalLM",),
    defaults={
        "vocab_size": 131072,
        "hidden_size": 4096,
        "intermediate_size": 21504,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "max_position_embeddings": 4096,
        "ssm_state_size": 128,
        "mamba_num_heads": 128,
        "mamba_head_dim": 64,
        "n_groups": 8,
        "conv_kernel": 4,
        "use_conv_bias": True,
        "n_routed_experts": 8,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 7688,
        "moe_shared_expert_intermediate_size": 7688,
    },
    layers=_layers,
    attention=_mixer,
    dense=partial(dense_feed_forward, bias="mlp_bias", matrices=2, modules=("mixer.up_proj", "mixer.down_proj")),
    experts=_experts,
    norms_per_layer=1,
    can_tie=False,
    prediction=_prediction,
)

FAMILIES = (NEMOTRON_H,)
