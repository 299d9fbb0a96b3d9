"""DeepSeek-V3.2 and GLM-5: DeepSeek-V3 whose attention looks only at tokens that an indexer picks.

The indexer has projections of its own and a layer norm with bias; it caches one key per token beside the latent
row. GLM-5 may run it in some layers only: `indexer_types`, `index_topk_pattern` or `index_topk_freq` with
`index_skip_topk_offset` say in which. Dense layers are listed in `mlp_layer_types` or given by
`first_k_dense_replace`. Defined by DeepseekV32Config, GlmMoeDsaConfig and their ForCausalLM classes of
transformers.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import hidden_size, latent_attention, projection
from neuroscale.architecture.decoder import AttentionBlock, LayerKind, UncountableError
from neuroscale.architecture.families.deepseek import DEEPSEEK_V3, deepseek_experts
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_LAYERS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count, repeated, typed_layers
from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.architecture.prediction import whole_layers
from neuroscale.errors import InvalidInputError

REUSES_PICKS = "reuses the picks of an earlier layer"
_INDEXER_MODES = {"full": "", "F": "", "shared": REUSES_PICKS, "S": REUSES_PICKS}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    if fields.optional_integer("moe_layer_freq", maximum=MAXIMUM_LAYERS) not in {None, 1}:
        raise UncountableError("moe_layer_freq other than 1 is not known for this family")
    dense = fields.integer("first_k_dense_replace", minimum=0, maximum=MAXIMUM_LAYERS)
    return typed_layers(fields, repeated("latent", layer_count(fields)), dense)


def _partly_indexed_layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = _layers(fields)
    return tuple(
        kind._replace(variant=difference)
        for kind, difference in zip(layers, indexer_differences(fields, len(layers)), strict=True)
    )


def indexer_differences(fields: Fields, layers: int) -> Sequence[str]:
    """Return for each layer "" where it runs its indexer, and `REUSES_PICKS` where it takes the picks before it.

    Raises:
        InvalidInputError: A list has not one entry per layer.
        UncountableError: An entry is not known.
    """
    name = "indexer_types" if fields.has("indexer_types") else "index_topk_pattern"
    stated = fields.value(name)[1]
    if stated is None:
        period = max(1, fields.integer("index_topk_freq", minimum=0, maximum=MAXIMUM_LAYERS))
        offset = fields.integer("index_skip_topk_offset", minimum=0, maximum=MAXIMUM_LAYERS)
        return ["" if max(index - offset + 1, 0) % period == 0 else REUSES_PICKS for index in range(layers)]
    modes: Sequence[str] = (fields.optional_text(name) if isinstance(stated, str) else fields.texts(name)) or ()
    if len(modes) != layers:
        raise InvalidInputError(f"has {len(modes)} entries for {layers} layers", field=fields.path(name))
    if unknown := set(modes) - _INDEXER_MODES.keys():
        raise UncountableError(f"the indexer type {min(unknown)!r} is not known for this family")
    return [_INDEXER_MODES[mode] for mode in modes]


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = latent_attention(fields, kind)
    return block if kind.variant == REUSES_PICKS else with_indexer(fields, block)


def with_indexer(fields: Fields, block: AttentionBlock) -> AttentionBlock:
    """Return latent attention with the indexer of DeepSeek-V3.2, which reads the compressed queries."""
    hidden = hidden_size(fields)
    rank = fields.integer("q_lora_rank", maximum=MAXIMUM_WIDTH)
    heads = fields.integer("index_n_heads", maximum=MAXIMUM_HEADS)
    width = fields.integer("index_head_dim", maximum=MAXIMUM_WIDTH)
    indexer = projection(rank, heads * width) + projection(hidden, width) + 2 * width + projection(hidden, heads)
    return replace(block, other=indexer, indexer_elements=width)


def _prediction(fields: Fields, *, copies_embeddings: bool) -> MultiTokenPrediction | None:
    # A draft layer picks its tokens itself, whatever the last layer of the model does.
    kind = LayerKind("latent", dense=False, experts=True)
    attention, experts = _attention(fields, kind), deepseek_experts(fields, kind)
    return whole_layers(fields, attention, experts, copies_embeddings=copies_embeddings)


DEEPSEEK_V32 = replace(
    DEEPSEEK_V3,
    model_types=("deepseek_v32",),
    class_names=("DeepseekV32ForCausalLM",),
    defaults={
        **DEEPSEEK_V3.defaults,
        "max_position_embeddings": 163840,
        "index_head_dim": 128,
        "index_n_heads": 64,
    },
    layers=_layers,
    attention=_attention,
    prediction=partial(_prediction, copies_embeddings=True),
)

GLM_MOE_DSA = replace(
    DEEPSEEK_V32,
    model_types=("glm_moe_dsa",),
    class_names=("GlmMoeDsaForCausalLM",),
    defaults={
        **DEEPSEEK_V32.defaults,
        "vocab_size": 154880,
        "hidden_size": 6144,
        "intermediate_size": 12288,
        "num_hidden_layers": 78,
        "num_attention_heads": 64,
        "num_key_value_heads": 64,
        "q_lora_rank": 2048,
        "qk_nope_head_dim": 192,
        "v_head_dim": 256,
        "max_position_embeddings": 202752,
        "index_n_heads": 32,
        "index_topk_freq": 1,
        "index_skip_topk_offset": 2,
    },
    layers=_partly_indexed_layers,
    # 791 tensors are reported of the published draft layer (layers.78): those without an embedding and a head.
    prediction=partial(_prediction, copies_embeddings=False),
)

FAMILIES = (DEEPSEEK_V32, GLM_MOE_DSA)
