"""LFM2-MoE: short convolutions with a few full layers, dense first layers, then routed experts.

The bias of the router is a buffer. Embeddings are tied by default, and `tie_embedding` decides where it is stated.
Defined by Lfm2MoeConfig and Lfm2MoeForCausalLM of transformers.
"""

from neuroscale.architecture.blocks import dense_feed_forward, expert_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import dense_then_expert_layers, layer_count
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.module_renaming import renamed_modules, under_names
from neuroscale.architecture.recurrent_blocks import short_convolution
from neuroscale.errors import InvalidInputError

_KINDS: dict[str, AttentionKind] = {"conv": "state-space", "full_attention": "full"}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    names, layers = fields.texts("layer_types"), layer_count(fields)
    if names is None:
        raise UncountableError("which layers attend is not stated (layer_types)")
    if len(names) != layers:
        raise InvalidInputError(f"has {len(names)} entries for {layers} layers", field=fields.path("layer_types"))
    if unknown := set(names) - _KINDS.keys():
        raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
    dense = fields.integer("num_dense_layers", minimum=0, maximum=MAXIMUM_LAYERS)
    return dense_then_expert_layers([_KINDS[name] for name in names], dense)


def _mixer(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "full":
        block = grouped_query_attention(fields, kind, head_norm="head")
        return renamed_modules(block, {"self_attn.o_proj": "self_attn.out_proj"})
    return short_convolution(fields)


_CHECKPOINT_NAMES = {
    "mlp.gate_proj": "feed_forward.w1",
    "mlp.up_proj": "feed_forward.w3",
    "mlp.down_proj": "feed_forward.w2",
    "mlp.experts.0.gate_proj": "feed_forward.experts.0.w1",
    "mlp.experts.0.up_proj": "feed_forward.experts.0.w3",
    "mlp.experts.0.down_proj": "feed_forward.experts.0.w2",
}

LFM2_MOE = Family(
    model_types=("lfm2_moe",),
    class_names=("Lfm2MoeForCausalLM",),
    defaults={
        "vocab_size": 65536,
        "hidden_size": 2048,
        "intermediate_size": 7168,
        "moe_intermediate_size": 1792,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 128000,
        "tie_word_embeddings": True,
        "conv_L_cache": 3,
        "num_dense_layers": 2,
        "num_experts": 32,
        "num_experts_per_tok": 4,
    },
    layers=_layers,
    attention=_mixer,
    dense=under_names(dense_feed_forward, _CHECKPOINT_NAMES),
    experts=under_names(expert_feed_forward, _CHECKPOINT_NAMES),
    tie_names=("tie_embedding", "tie_word_embeddings"),
)

FAMILIES = (LFM2_MOE,)
