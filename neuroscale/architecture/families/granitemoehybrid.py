"""Granite 4: Mamba-2 layers with a few full ones, and a feed-forward in every layer that experts may join.

With `num_local_experts` of 0 the feed-forward of `shared_intermediate_size` is all there is: the model is dense,
whatever its name says. With experts it is the shared expert beside them, and `intermediate_size` is the width of a
routed one. Defined by GraniteMoeHybridConfig and GraniteMoeHybridForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import (
    grouped_query_attention,
    hidden_size,
    routed_experts,
)
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.granitemoe import granite_dense, granite_experts
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.recurrent_blocks import heads_of_width, mamba2_mixer
from neuroscale.errors import InvalidInputError

_KINDS: dict[str, AttentionKind] = {
    "mamba": "state-space",
    "linear_attention": "state-space",
    "attention": "full",
    "full_attention": "full",
}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    field = "layer_types" if fields.has("layer_types") else "layers_block_type"
    names = fields.texts(field) or ("mamba",) * layers
    if len(names) != layers:
        raise InvalidInputError(f"has {len(names)} entries for {layers} layers", field=fields.path(field))
    if unknown := set(names) - _KINDS.keys():
        raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
    has_experts = routed_experts(fields) > 0
    return tuple(LayerKind(_KINDS[name], dense=not has_experts, experts=has_experts) for name in names)


def _mixer(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "full":
        return grouped_query_attention(fields, kind, input_bias="attention_bias", output_bias="attention_bias")
    inner = hidden_size(fields) * fields.integer("mamba_expand", maximum=MAXIMUM_EXPERTS)
    heads, head = heads_of_width(fields, inner, "mamba_n_heads")
    return mamba2_mixer(
        fields,
        heads=heads,
        head=head,
        groups=fields.integer("mamba_n_groups", maximum=MAXIMUM_HEADS),
        state=fields.integer("mamba_d_state", maximum=MAXIMUM_WIDTH),
        kernel=fields.integer("mamba_d_conv", maximum=MAXIMUM_WIDTH),
        projection_bias=fields.flag("mamba_proj_bias"),
        convolution_bias=fields.flag("mamba_conv_bias"),
        module="mamba",
    )


GRANITEMOEHYBRID = Family(
    model_types=("granitemoehybrid",),
    class_names=("GraniteMoeHybridForCausalLM",),
    defaults={
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "shared_intermediate_size": 1024,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
        "num_local_experts": 8,
        "num_experts_per_tok": 2,
        "mamba_n_heads": 128,
        "mamba_n_groups": 1,
        "mamba_d_state": 256,
        "mamba_d_conv": 4,
        "mamba_expand": 2,
        "mamba_conv_bias": True,
    },
    layers=_layers,
    attention=_mixer,
    dense=granite_dense,
    experts=granite_experts,
)

FAMILIES = (GRANITEMOEHYBRID,)
