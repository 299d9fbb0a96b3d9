"""DeepSeek-V4.1: V4's latent rows and streams, with compressed rows that layers share and tables of token groups.

A layer of `compress_ratios` 0 reads a window only; one of ratio 1 or 2 reads compressed rows as well, an entry per
token or per two. Only the layers of `kv_source_layer_ids` compress and keep such entries, only those of
`index_source_layer_ids` choose among them with an indexer; the others read what the last source below them has
published. The keys of indexers are made from the entries, so that they too exist in sources alone. What the
entry of two tokens is made from stays as a ring of eight rows.

The layers of `engram_layer_ids` look groups of 2 to `engram_max_ngram_size` tokens up in a table each, of
`engram_num_embeddings` rows, and add the rows to every stream through a projection and a gate. The streams are
joined before the head without weights. The published configuration keeps the language model in `text_config`.

Defined by DeepseekV41Config and DeepseekV41ForCausalLM of vLLM 0.33.0 (vllm/models/deepseek_v41).
"""

from dataclasses import replace

from neuroscale.architecture.blocks import expert_feed_forward, hidden_size, projection
from neuroscale.architecture.composite import AttachedTower, Composite
from neuroscale.architecture.decoder import (
    AttentionBlock,
    ExpertsBlock,
    Extras,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.families.deepseek_v4 import hyper_connection_parameters, streamed_attention
from neuroscale.architecture.fields import (
    MAXIMUM_HEADS,
    MAXIMUM_LAYERS,
    MAXIMUM_TOKENS,
    MAXIMUM_WIDTH,
    Fields,
)
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.prediction import counted_layers_only
from neuroscale.architecture.tower import width_of
from neuroscale.architecture.towers.deepseek_v4 import DEEPSEEK_V41_VISION, projector_parameters
from neuroscale.errors import InvalidInputError

_RATIOS = frozenset({0, 1, 2})
_ROWS_OF_AN_OPEN_ENTRY = 8
_IMAGE_VECTORS = 3
_MAXIMUM_ROWS = 1 << 40
_MAXIMUM_GROUP = 64
# What a layer has beyond its window: marks of a variant, in this order.
_SOURCE, _INDEXER, _TABLE = "compresses", "indexes", "looks up"


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    ratios = fields.integers("compress_ratios", maximum=MAXIMUM_TOKENS) or ()
    if others := set(ratios) - _RATIOS:
        raise UncountableError(f"a compression of {min(others)} tokens is not known for this family")
    # Layers behind the end of the list have a window only.
    ratios = (*ratios, *(0 for _ in range(layers - len(ratios))))
    sources, indexers = _indices(fields, "kv_source_layer_ids"), _indices(fields, "index_source_layer_ids")
    tables = _indices(fields, "engram_layer_ids")
    kinds = []
    for layer in range(layers):
        ratio = ratios[layer]
        if ratio and not (any(index <= layer for index in sources) and any(i <= layer for i in indexers)):
            raise InvalidInputError(
                f"layer {layer} reads compressed rows, and no layer up to it is a source of them",
                field=fields.path("kv_source_layer_ids"),
            )
        if not ratio and layer in {*sources, *indexers}:
            raise InvalidInputError(
                f"layer {layer} is a source of rows and its entry compresses nothing",
                field=fields.path("compress_ratios"),
            )
        marks = [mark for mark, of in ((_SOURCE, sources), (_INDEXER, indexers), (_TABLE, tables)) if layer in of]
        kinds.append(
            LayerKind(
                "latent" if layer in sources else "sliding",
                dense=False,
                experts=True,
                variant=f"{ratio}: {', '.join(marks)}",
            )
        )
    return tuple(kinds)


def _indices(fields: Fields, name: str) -> tuple[int, ...]:
    return fields.integers(name, maximum=MAXIMUM_LAYERS) or ()


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    hidden, head = hidden_size(fields), width_of(fields, "head_dim")
    block = streamed_attention(fields)
    other = 0
    if _INDEXER in kind.variant:
        index_heads = fields.integer("index_n_heads", maximum=MAXIMUM_HEADS)
        queries = index_heads * width_of(fields, "index_head_dim")
        other += projection(width_of(fields, "q_lora_rank"), queries) + projection(hidden, index_heads)
    if _TABLE in kind.variant:
        streams = width_of(fields, "hc_mult")
        columns = _columns(fields) * width_of(fields, "engram_head_dim")
        other += projection(columns, hidden * (streams + 1)) + 2 * streams * hidden
    if _SOURCE not in kind.variant:
        return replace(block, other=other)
    ratio = int(kind.variant.partition(":")[0])
    # An entry of one token has no scores to be weighed by.
    other += projection(hidden, head if ratio == 1 else 2 * head) + head
    index_head = width_of(fields, "index_head_dim") if _INDEXER in kind.variant else 0
    return replace(
        block,
        other=other + (projection(head, index_head) + index_head if index_head else 0),
        tokens_per_entry=ratio,
        indexer_elements=index_head,
        recurrent_state_elements=0 if ratio == 1 else _ROWS_OF_AN_OPEN_ENTRY * 2 * head,
    )


def _columns(fields: Fields) -> int:
    """Return how many rows of a table one token looks up."""
    longest = fields.integer("engram_max_ngram_size", minimum=2, maximum=_MAXIMUM_GROUP)
    return (longest - 1) * fields.integer("engram_n_heads", maximum=MAXIMUM_HEADS)


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    shared = fields.optional_integer("n_shared_experts", maximum=MAXIMUM_WIDTH) or 0
    return expert_feed_forward(fields, kind, shared_width=lambda _, intermediate: shared * intermediate)


def _extras(fields: Fields) -> Extras:
    layers = layer_count(fields)
    indices = _indices(fields, "engram_layer_ids")
    rows = fields.integers("engram_num_embeddings", maximum=_MAXIMUM_ROWS) or ()
    if len(rows) != len(indices):
        raise InvalidInputError(
            f"has {len(rows)} entries for the {len(indices)} of engram_layer_ids",
            field=fields.path("engram_num_embeddings"),
        )
    stored = sum(count for layer, count in zip(indices, rows, strict=True) if layer < layers)
    return Extras(
        input_embedding=stored * width_of(fields, "engram_head_dim") if stored else 0,
        other=layers * hyper_connection_parameters(fields)[0],
    )


def _projector(_root: Fields, text: Fields, tower: Fields) -> int:
    return projector_parameters(
        hidden_size(text), width_of(tower), width_of(tower, "downsample_ratio"), vectors=_IMAGE_VECTORS
    )


DEEPSEEK_V41_TEXT = Family(
    model_types=("deepseek_v41_text",),
    class_names=(),
    defaults={},
    layers=_layers,
    attention=_attention,
    experts=_experts,
    extras=_extras,
    prediction=counted_layers_only,
)

DEEPSEEK_V41 = Composite(
    model_types=("deepseek_v41",),
    class_names=("DeepseekV41ForCausalLM",),
    language_model=DEEPSEEK_V41_TEXT,
    vision=(AttachedTower(tower=DEEPSEEK_V41_VISION, projector=_projector),),
    text_in_root=True,
    tying="never",
)

COMPOSITES = (DEEPSEEK_V41,)
