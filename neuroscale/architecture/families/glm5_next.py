"""GLM-5 Next: Kimi delta attention with every fourth layer latent, hyper-connections, and a vision tower.

Latent layers have no rotary part and look only at tokens that an indexer picks. The indexer pools `index_kpool`
tokens into one cached key with learned weights; `indexer_types`, `index_topk_pattern` or `index_topk_freq` with
`index_skip_topk_offset` say in which latent layers it runs. Every layer keeps `hc_mult` residual streams, mixed by
two hyper-connections (source https://arxiv.org/abs/2409.19606) and joined without weights before the head. Layers
are named in `layer_types`, and the first three are dense unless `mlp_layer_types` says otherwise; published files
may give the shape of the linear attention in `linear_attn_config`. Defined by Glm5NextTextConfig,
Glm5NextVisionConfig and Glm5NextForConditionalGeneration of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    hidden_size,
    latent_attention,
    projection,
)
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.families.deepseek import deepseek_experts
from neuroscale.architecture.families.kimi_linear import stated_delta_attention
from neuroscale.architecture.families.qwen2_vl import no_projector
from neuroscale.architecture.families.sparse_attention import REUSES_PICKS, indexer_differences, with_indexer
from neuroscale.architecture.fields import MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count, typed_layers
from neuroscale.architecture.model import AttentionKind
from neuroscale.architecture.prediction import counted_layers_only
from neuroscale.architecture.towers.glm5_next import GLM5_NEXT_VISION
from neuroscale.errors import InvalidInputError

_KINDS: dict[str, AttentionKind] = {
    "linear_attention": "linear",
    "indexed_attention": "latent",
    "full_attention": "latent",
}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    names = fields.texts("layer_types")
    if names is None:
        names = tuple("linear_attention" if index % 4 != 3 else "indexed_attention" for index in range(layers))
    if len(names) != layers:
        raise InvalidInputError(f"has {len(names)} entries for {layers} layers", field=fields.path("layer_types"))
    if unknown := set(names) - _KINDS.keys():
        raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
    kinds = typed_layers(fields, [_KINDS[name] for name in names], 3)
    return tuple(
        kind._replace(variant=difference) if kind.attention == "latent" else kind
        for kind, difference in zip(kinds, indexer_differences(fields, layers), strict=True)
    )


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    connections = 2 * _hyper_connection(fields)
    if kind.attention == "linear":
        return replace(stated_delta_attention(fields), other=connections)
    block = latent_attention(fields, kind)
    if kind.variant == REUSES_PICKS:
        return replace(block, other=connections)
    block = with_indexer(fields, block)
    width = block.indexer_elements
    pooled = fields.integer("index_kpool", maximum=MAXIMUM_TOKENS)
    pooling = pooled * width + projection(hidden_size(fields), width)
    return replace(
        block,
        other=block.other + pooling + connections,
        indexer_elements=-(-width // pooled),
        # The keys and pooling weights of the tokens that do not fill a pool yet. Source: `Glm5NextTailCache` of
        # vLLM 0.33.0.
        convolution_state_elements=2 * pooled * width,
    )


def _hyper_connection(fields: Fields) -> int:
    streams = fields.integer("hc_mult", maximum=MAXIMUM_WIDTH)
    return projection(streams * hidden_size(fields), (2 + streams) * streams, bias=True) + 3


GLM5_NEXT_TEXT = Family(
    model_types=("glm5_next_text",),
    class_names=(),
    defaults={
        "vocab_size": 154880,
        "hidden_size": 4096,
        "intermediate_size": 12288,
        "moe_intermediate_size": 2048,
        "num_hidden_layers": 45,
        "num_attention_heads": 64,
        "num_key_value_heads": 64,
        "n_shared_experts": 1,
        "n_routed_experts": 288,
        "num_experts_per_tok": 8,
        "kv_lora_rank": 512,
        "q_lora_rank": 1536,
        "qk_rope_head_dim": 0,
        "qk_nope_head_dim": 256,
        "v_head_dim": 256,
        "max_position_embeddings": 1048576,
        "index_head_dim": 128,
        "index_n_heads": 32,
        "index_kpool": 16,
        "index_topk_freq": 1,
        "index_skip_topk_offset": 2,
        "linear_head_dim": 128,
        "linear_num_heads": 64,
        "linear_conv_kernel_dim": 4,
        "hc_mult": 4,
    },
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    experts=deepseek_experts,
    prediction=counted_layers_only,
)
GLM5_NEXT = Composite(
    model_types=("glm5_next",),
    class_names=("Glm5NextForConditionalGeneration",),
    language_model=GLM5_NEXT_TEXT,
    vision=(AttachedTower(tower=GLM5_NEXT_VISION, projector=no_projector),),
    root_defaults={"tie_word_embeddings": False},
    text_in_root=True,
)

LANGUAGE_MODELS = (GLM5_NEXT_TEXT,)
COMPOSITES = (GLM5_NEXT,)
