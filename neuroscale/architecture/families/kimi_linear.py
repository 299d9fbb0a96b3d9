"""Kimi-Linear: Kimi delta attention with a few latent layers, one dense layer first, DeepSeek-V3 experts.

Published files keep the linear layers in `linear_attn_config`, which numbers layers from 1; files that
transformers saved have `layer_types` and `linear_*` fields. Defined by KimiLinearConfig and KimiLinearForCausalLM
of transformers.
"""

from functools import partial

from neuroscale.architecture.blocks import dense_feed_forward, expert_feed_forward, latent_attention
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_EXPERTS, MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count, stated_attention_kinds, typed_layers
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.module_renaming import BLOCK_SPARSE_NAMES, under_names
from neuroscale.architecture.recurrent_blocks import kimi_delta_attention


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    stated = stated_attention_kinds(fields)
    if stated is not None:
        kinds: tuple[AttentionKind, ...] = tuple("latent" if kind == "full" else kind for kind in stated)
    else:
        kinds = _numbered_layers(fields)
    dense = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    return typed_layers(fields, kinds, dense)


def _numbered_layers(fields: Fields) -> tuple[AttentionKind, ...]:
    layers = layer_count(fields)
    numbered = fields.nested("linear_attn_config")
    latent = None if numbered is None else numbered.integers("full_attn_layers", maximum=MAXIMUM_LAYERS, minimum=1)
    linear = None if numbered is None else numbered.integers("kda_layers", maximum=MAXIMUM_LAYERS, minimum=1)
    if latent is None or linear is None:
        return tuple("latent" if index and index % 4 == 0 else "linear" for index in range(layers))
    if sorted(latent + linear) != list(range(1, layers + 1)):
        raise UncountableError("linear_attn_config does not name each layer once")
    return tuple("latent" if number in latent else "linear" for number in range(1, layers + 1))


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if kind.attention == "latent":
        return latent_attention(fields, kind)
    return stated_delta_attention(fields)


def stated_delta_attention(fields: Fields) -> AttentionBlock:
    """Return delta attention whose shape `linear_attn_config` or the `linear_*` fields give."""
    published = fields.nested("linear_attn_config") or Fields({})
    head = published.optional_integer("head_dim", maximum=MAXIMUM_WIDTH, minimum=1)
    heads = published.optional_integer("num_heads", maximum=MAXIMUM_HEADS, minimum=1)
    kernel = published.optional_integer("short_conv_kernel_size", maximum=MAXIMUM_WIDTH, minimum=1)
    head = fields.integer("linear_head_dim", maximum=MAXIMUM_WIDTH) if head is None else head
    heads = fields.integer("linear_num_heads", maximum=MAXIMUM_HEADS) if heads is None else heads
    kernel = fields.integer("linear_conv_kernel_dim", maximum=MAXIMUM_WIDTH) if kernel is None else kernel
    return kimi_delta_attention(fields, head=head, heads=heads, kernel=kernel)


def _shared_width(fields: Fields, intermediate: int) -> int:
    names = ("num_shared_experts", "n_shared_experts")
    return intermediate * (fields.optional_integer(*names, maximum=MAXIMUM_EXPERTS) or 0)


_CHECKPOINT_NAMES = {
    **BLOCK_SPARSE_NAMES,
    **{
        f"mlp.shared_experts.{name}": f"block_sparse_moe.shared_experts.{name}"
        for name in ("gate_proj", "up_proj", "down_proj")
    },
}

KIMI_LINEAR = Family(
    model_types=("kimi_linear",),
    class_names=("KimiLinearForCausalLM",),
    defaults={
        "vocab_size": 163840,
        "hidden_size": 2304,
        "intermediate_size": 9216,
        "moe_intermediate_size": 1024,
        "num_hidden_layers": 27,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "num_shared_experts": 1,
        "num_experts": 256,
        "num_experts_per_token": 8,
        "kv_lora_rank": 512,
        "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 128,
        "v_head_dim": 128,
        "max_position_embeddings": 1048576,
        "first_k_dense_replace": 1,
        "linear_head_dim": 128,
        "linear_num_heads": 32,
        "linear_conv_kernel_dim": 4,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=under_names(partial(expert_feed_forward, shared_width=_shared_width), _CHECKPOINT_NAMES),
    can_tie=False,
)

FAMILIES = (KIMI_LINEAR,)
