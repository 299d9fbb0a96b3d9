"""Ling-3 and Ring-3: Kimi delta attention with full-rank gates, every n-th layer latent with a gate per head.

`layer_group_size` is the distance of latent layers; the first `first_k_dense_replace` layers are dense. Ling-2.5
and Ring-2.5 share the model type and name a class of their own (BailingMoeV2_5ForCausalLM), by which they are read
as `bailing_moe_v2_5` describes. Defined by BailingHybridConfig and BailingHybridForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    expert_feed_forward,
    hidden_size,
    latent_attention,
    projection,
    query_heads,
    shared_experts_of_routed_width,
)
from neuroscale.architecture.decoder import (
    AttentionBlock,
    DenseBlock,
    ExpertsBlock,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.families.bailing_moe import bailing_experts, bailing_feed_forward
from neuroscale.architecture.families.bailing_moe_v2_5 import BAILING_MOE_V2_5
from neuroscale.architecture.fields import MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count, stated_attention_kinds, typed_layers
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.module_renaming import under_names
from neuroscale.architecture.prediction import counted_layers_only
from neuroscale.architecture.recurrent_blocks import mixer


def _earlier(fields: Fields) -> Fields | None:
    """Return the fields of a model of generation 2.5, None for one of this generation."""
    names = fields.texts("architectures")
    if not names or not set(names) <= set(BAILING_MOE_V2_5.class_names):
        return None
    return fields.with_defaults(BAILING_MOE_V2_5.defaults)


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    if (earlier := _earlier(fields)) is not None:
        return tuple(BAILING_MOE_V2_5.layers(earlier))
    stated = stated_attention_kinds(fields)
    if stated is None:
        period = fields.integer("layer_group_size", maximum=MAXIMUM_LAYERS)
        layers = layer_count(fields)
        if layers % period:
            # transformers has linear layers in an incomplete last group, vLLM latent ones.
            raise UncountableError("the layers are no whole number of groups (layer_group_size)")
        kinds: tuple[AttentionKind, ...] = tuple(
            "latent" if (index + 1) % period == 0 else "linear" for index in range(layers)
        )
    elif set(stated) <= {"full", "linear"}:
        kinds = tuple("latent" if kind == "full" else "linear" for kind in stated)
    else:
        raise UncountableError("layers that slide are not known for this family")
    dense = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    return typed_layers(fields, kinds, dense)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if (earlier := _earlier(fields)) is not None:
        return BAILING_MOE_V2_5.attention(earlier, kind)
    if kind.attention == "latent":
        return _gated_latent_attention(fields, kind)
    hidden, heads = hidden_size(fields), query_heads(fields)
    # A file that transformers saved has the width of the rotary part in `head_dim`.
    head = fields.integer("linear_head_dim", "head_dim", maximum=MAXIMUM_WIDTH)
    kernel = fields.integer("short_conv_kernel_size", maximum=MAXIMUM_WIDTH)
    width = heads * head
    wide = projection(hidden, width)
    names = ("q_proj", "k_proj", "v_proj", "f_proj", "g_proj", "o_proj")
    modules = (*((f"self_attn.{name}", wide) for name in names), ("self_attn.b_proj", projection(hidden, heads)))
    return mixer(
        # The convolution, the decay per head and its offset per element are no linear modules.
        weights=sum(weights for _, weights in modules) + 3 * width * kernel + width + heads,
        norms=head,
        head_dimension=head,
        convolved=3 * width,
        kernel=kernel,
        state=heads * head * head,
        modules=modules,
    )


def _gated_latent_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if fields.has("q_lora_rank"):
        raise UncountableError("compressed queries (q_lora_rank) are not covered for this family")
    if fields.optional_text("gated_attention_proj_granularity_type") not in {None, "head_wise"}:
        raise UncountableError("a gate that is not per head (gated_attention_proj_granularity_type) is not covered")
    block = latent_attention(fields, kind)
    gate = projection(hidden_size(fields), query_heads(fields))
    return replace(block, weights=block.weights + gate, modules=(*block.modules, ("self_attn.g_proj", gate)))


def _shared_width(fields: Fields, intermediate: int) -> int:
    stated = fields.optional_integer("moe_shared_expert_intermediate_size", maximum=MAXIMUM_WIDTH, minimum=1)
    return shared_experts_of_routed_width(fields, stated or intermediate, count="num_shared_experts")


def _dense(fields: Fields, kind: LayerKind) -> DenseBlock:
    return dense_feed_forward(fields, kind) if _earlier(fields) is None else bailing_feed_forward(fields, kind)


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    if (earlier := _earlier(fields)) is not None:
        return bailing_experts(earlier, kind)
    return expert_feed_forward(fields, kind, shared_width=_shared_width)


_CHECKPOINT_NAMES = {
    "self_attn.o_proj": "attention.dense",
    **{
        f"self_attn.{name}": f"attention.{name}"
        for name in (
            *("q_proj", "k_proj", "v_proj", "b_proj", "f_proj", "g_proj"),
            *("q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj"),
        )
    },
}

BAILING_HYBRID = Family(
    model_types=("bailing_hybrid",),
    class_names=("BailingHybridForCausalLM", "BailingMoeV3ForCausalLM", *BAILING_MOE_V2_5.class_names),
    defaults={
        "vocab_size": 157184,
        "hidden_size": 2560,
        "intermediate_size": 6144,
        "moe_intermediate_size": 768,
        "num_hidden_layers": 42,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "num_shared_experts": 1,
        "num_experts": 512,
        "num_experts_per_tok": 8,
        "first_k_dense_replace": 2,
        "kv_lora_rank": 512,
        "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 128,
        "v_head_dim": 128,
        "head_dim": 128,
        "short_conv_kernel_size": 4,
        "layer_group_size": 6,
        "max_position_embeddings": 262144,
    },
    layers=_layers,
    attention=under_names(_attention, _CHECKPOINT_NAMES),
    dense=_dense,
    experts=_experts,
    can_tie=False,
    prediction=counted_layers_only,
    aliases={"num_shared_experts": ("n_shared_experts",)},
)

FAMILIES = (BAILING_HYBRID,)
