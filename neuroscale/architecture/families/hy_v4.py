"""Hunyuan 4: latent attention that looks at picked tokens, gated and with a sink per head; hyper-connections.

Every layer keeps `hc_mult` residual streams: two hyper-connections a layer mix them, and one joins them before the
head. `indexer_types` says which layers pick tokens themselves; without it the first and then every fourth does.
`mlp_layer_types` lists the dense layers; without it the first is dense. Source of hyper-connections:
https://arxiv.org/abs/2409.19606. Defined by HYV4Config and HYV4ForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    hidden_size,
    latent_attention,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import AttentionBlock, Extras, Family, LayerKind, UncountableError
from neuroscale.architecture.families.deepseek import deepseek_experts
from neuroscale.architecture.families.sparse_attention import REUSES_PICKS, indexer_differences, with_indexer
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count, repeated, typed_layers
from neuroscale.architecture.module_renaming import under_names
from neuroscale.architecture.prediction import counted_layers_only


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    if set(fields.texts("layer_types") or ()) - {"indexed_attention"}:
        raise UncountableError("layers other than indexed_attention (layer_types) are not covered")
    kinds = typed_layers(fields, repeated("latent", layers), 1)
    if fields.has("indexer_types"):
        differences = indexer_differences(fields, layers)
    else:
        differences = ["" if index == 0 or index % 4 == 1 else REUSES_PICKS for index in range(layers)]
    return tuple(kind._replace(variant=difference) for kind, difference in zip(kinds, differences, strict=True))


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = latent_attention(fields, kind)
    if kind.variant != REUSES_PICKS:
        block = with_indexer(fields, block)
    heads = query_heads(fields)
    gate = projection(hidden_size(fields), heads * fields.integer("v_head_dim", maximum=MAXIMUM_WIDTH))
    return replace(
        block,
        weights=block.weights + gate + heads,
        other=block.other + 2 * _hyper_connection(fields),
        modules=(*block.modules, ("self_attn.linear_gate", gate)),
    )


def _hyper_connection(fields: Fields) -> int:
    streams = fields.integer("hc_mult", maximum=MAXIMUM_WIDTH)
    return projection(streams * hidden_size(fields), 2 * streams, bias=True) + 2


def _extras(fields: Fields) -> Extras:
    streams = fields.integer("hc_mult", maximum=MAXIMUM_WIDTH)
    return Extras(other=projection(streams * hidden_size(fields), streams, bias=True) + 1)


_CHECKPOINT_NAMES = {
    "mlp.gate_proj": "mlp.linear_gate",
    "mlp.shared_experts.gate_proj": "mlp.shared_experts.linear_gate",
}

HY_V4 = Family(
    model_types=("hy_v4",),
    class_names=("HYV4ForCausalLM",),
    defaults={
        "vocab_size": 120832,
        "hidden_size": 2816,
        "intermediate_size": 6912,
        "moe_intermediate_size": 768,
        "num_hidden_layers": 34,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "max_position_embeddings": 262144,
        "n_routed_experts": 256,
        "n_shared_experts": 1,
        "num_experts_per_tok": 8,
        "q_lora_rank": 1536,
        "kv_lora_rank": 512,
        "qk_nope_head_dim": 192,
        "qk_rope_head_dim": 64,
        "v_head_dim": 256,
        "index_head_dim": 128,
        "index_n_heads": 16,
        "hc_mult": 4,
    },
    layers=_layers,
    attention=_attention,
    dense=under_names(dense_feed_forward, _CHECKPOINT_NAMES),
    experts=under_names(deepseek_experts, _CHECKPOINT_NAMES),
    extras=_extras,
    prediction=counted_layers_only,
)

FAMILIES = (HY_V4,)
