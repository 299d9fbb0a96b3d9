"""DeepSeek-V4: latent rows that are key and value at once, compressed over the whole sequence beside a window.

A layer keeps the rows of the last `sliding_window` tokens; a compressed one keeps one entry more for each run of
tokens: of 4 in compressed sparse attention, whose indexer caches a key per entry and picks entries, of 128 in
heavily compressed attention, which reads all. What an entry is made from stays as a constant state in 32 bits until
it is complete. Published files give the runs in `compress_ratios` (0 is no compression), files that transformers
saved in `layer_types` and `compress_rates`. The residual stream is `hc_mult` streams wide, and learned connections
mix them before and after attention and experts. The first layers choose experts by the token alone; their router
has the same weights, its table of choices is a buffer. A configuration with `vision_n_layers` has a vision tower.

Defined by DeepseekV4Config and DeepseekV4ForCausalLM of transformers; the cache by vllm/models/deepseek_v4 of vLLM
0.33.0.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import expert_feed_forward, hidden_size, projection, query_heads
from neuroscale.architecture.decoder import (
    AttentionBlock,
    ExpertsBlock,
    Extras,
    Family,
    LayerKind,
    UncountableError,
)
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.architecture.prediction import counted_layers_only, whole_layers
from neuroscale.architecture.towers.deepseek_v4 import vision_in_root
from neuroscale.errors import InvalidInputError

_SPARSE = "compressed_sparse_attention"
_HEAVY = "heavily_compressed_attention"
_WINDOW = "sliding_attention"
_LAYER_TYPE_OF_RATIO = {0: _WINDOW, 4: _SPARSE, 128: _HEAVY}
_RATE_NAMES = {_SPARSE: "compress_rate_csa", _HEAVY: "compress_rate_hca"}
_DEFAULT_RATES = {_SPARSE: 4, _HEAVY: 128}


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    name, types = _layer_types(fields, layers)
    if len(types) < layers:
        raise InvalidInputError(f"has {len(types)} entries for {layers} layers", field=fields.path(name))
    # The entries of published files go on with those of the layers that draft tokens.
    return tuple(
        LayerKind("sliding" if kind == _WINDOW else "latent", dense=False, experts=True, variant=kind)
        for kind in types[:layers]
    )


def _layer_types(fields: Fields, layers: int) -> tuple[str, tuple[str, ...]]:
    """Return the field that says how layers attend, and what it says."""
    types = fields.texts("layer_types")
    if types is not None:
        if unknown := set(types) - set(_LAYER_TYPE_OF_RATIO.values()):
            raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
        return "layer_types", types
    ratios = fields.integers("compress_ratios", maximum=MAXIMUM_TOKENS)
    if ratios is not None:
        if others := set(ratios) - _LAYER_TYPE_OF_RATIO.keys():
            raise UncountableError(f"a compression of {min(others)} tokens is not known for this family")
        return "compress_ratios", tuple(_LAYER_TYPE_OF_RATIO[ratio] for ratio in ratios)
    alternating = tuple(_SPARSE if index % 2 else _HEAVY for index in range(max(layers - 2, 0)))
    return "layer_types", (_HEAVY, _HEAVY, *alternating)


def _rate(fields: Fields, layer_type: str) -> int:
    """Return the tokens that one entry of a compressed layer stands for."""
    legacy = fields.optional_integer(_RATE_NAMES[layer_type], maximum=MAXIMUM_TOKENS, minimum=1)
    if legacy is not None:
        return legacy
    rates = fields.nested("compress_rates")
    if rates is None:
        return _DEFAULT_RATES[layer_type]
    return rates.integer(layer_type, maximum=MAXIMUM_TOKENS)


def streamed_attention(fields: Fields) -> AttentionBlock:
    """Return attention of a layer that keeps its window only: latent rows and a grouped low-rank output."""
    hidden, heads = hidden_size(fields), query_heads(fields)
    head = fields.integer("head_dim", maximum=MAXIMUM_WIDTH)
    query_rank = fields.integer("q_lora_rank", maximum=MAXIMUM_WIDTH)
    groups = fields.integer("o_groups", maximum=MAXIMUM_HEADS)
    outputs = groups * fields.integer("o_lora_rank", maximum=MAXIMUM_WIDTH)
    if heads * head % groups:
        raise InvalidInputError(
            f"does not divide the {heads * head} outputs of the heads", field=fields.path("o_groups")
        )
    modules = (
        ("self_attn.q_a_proj", projection(hidden, query_rank)),
        ("self_attn.q_b_proj", projection(query_rank, heads * head)),
        ("self_attn.kv_proj", projection(hidden, head)),
        ("self_attn.o_a_proj", projection(heads * head // groups, outputs)),
        ("self_attn.o_b_proj", projection(outputs, hidden)),
    )
    return AttentionBlock(
        # Beside the projections a sink per head.
        weights=sum(weights for _, weights in modules) + heads,
        norms=query_rank + head,
        head_dimension=head,
        kv_heads=1,
        key_elements=head,
        value_elements=0,
        window_tokens=fields.integer("sliding_window", maximum=MAXIMUM_TOKENS),
        modules=modules,
    )


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = streamed_attention(fields)
    if kind.variant == _WINDOW:
        return block
    hidden, head, rate = hidden_size(fields), block.head_dimension, _rate(fields, kind.variant)
    query_rank = fields.integer("q_lora_rank", maximum=MAXIMUM_WIDTH)
    if kind.variant == _HEAVY:
        weights, state = _compressor(hidden, head, rate)
        return replace(block, other=weights, tokens_per_entry=rate, recurrent_state_elements=state)
    # Entries of sparse attention overlap: each is made from two runs, with weights for either.
    weights, state = _compressor(hidden, head, rate, runs=2)
    index_head = fields.integer("index_head_dim", maximum=MAXIMUM_WIDTH)
    index_heads = fields.integer("index_n_heads", maximum=MAXIMUM_HEADS)
    index_weights, index_state = _compressor(hidden, index_head, rate, runs=2)
    indexer = index_weights + projection(query_rank, index_heads * index_head) + projection(hidden, index_heads)
    return replace(
        block,
        other=weights + indexer,
        tokens_per_entry=rate,
        indexer_elements=index_head,
        recurrent_state_elements=state + index_state,
    )


def _compressor(hidden: int, width: int, rate: int, *, runs: int = 1) -> tuple[int, int]:
    """Return the parameters of a compressor, and the rows and scores of incomplete entries that it keeps."""
    weights = 2 * projection(hidden, runs * width) + rate * runs * width + width
    return weights, (runs * rate) * (2 * runs * width)


def _experts(fields: Fields, kind: LayerKind) -> ExpertsBlock:
    # transformers builds one shared expert whatever the field says, vLLM as many as it says.
    if fields.integer("n_shared_experts", minimum=0, maximum=MAXIMUM_WIDTH) != 1:
        raise UncountableError("a number of shared experts (n_shared_experts) other than 1 is not covered")
    block = expert_feed_forward(fields, kind, shared_width=lambda _, intermediate: intermediate)
    bias = 2 * block.shared_intermediate_size + hidden_size(fields) if fields.flag("mlp_bias") else 0
    return replace(block, shared=block.shared + bias)


def _hyper_connections(fields: Fields) -> Extras:
    of_layer, of_head = hyper_connection_parameters(fields)
    return Extras(other=layer_count(fields) * of_layer + of_head)


def hyper_connection_parameters(fields: Fields) -> tuple[int, int]:
    """Return the parameters of a layer's two connections and of the one before an output head."""
    streams = fields.integer("hc_mult", maximum=MAXIMUM_WIDTH)
    width = streams * hidden_size(fields)
    mixed = (2 + streams) * streams
    return 2 * (projection(width, mixed, bias=True) + 3), projection(width, streams, bias=True) + 1


def _prediction(fields: Fields) -> MultiTokenPrediction | None:
    if any(name.startswith("dspark_") for name in fields.names()):
        # Releases with DSpark store its drafter in place of the layers that draft tokens.
        return counted_layers_only(fields)
    layers = layer_count(fields)
    _, types = _layer_types(fields, layers)
    drafting = set(types[layers:]) or {_WINDOW}
    if drafting != {_WINDOW}:
        return counted_layers_only(fields)
    kind = LayerKind("sliding", dense=False, experts=True, variant=_WINDOW)
    # 1575 tensors are reported of the published layer (mtp.0), scales among them: those without an embedding and
    # a head of its own.
    return whole_layers(
        fields,
        _attention(fields, kind),
        _experts(fields, kind),
        copies_embeddings=False,
        further_parameters=sum(hyper_connection_parameters(fields)),
    )


DEEPSEEK_V4 = Family(
    model_types=("deepseek_v4",),
    class_names=("DeepseekV4ForCausalLM", "DeepseekV4ForConditionalGeneration"),
    defaults={
        "vocab_size": 129280,
        "hidden_size": 4096,
        "moe_intermediate_size": 2048,
        "num_hidden_layers": 43,
        "num_attention_heads": 64,
        "num_key_value_heads": 1,
        "head_dim": 512,
        "q_lora_rank": 1024,
        "o_groups": 8,
        "o_lora_rank": 1024,
        "n_routed_experts": 256,
        "n_shared_experts": 1,
        "num_experts_per_tok": 6,
        "index_head_dim": 128,
        "index_n_heads": 64,
        "hc_mult": 4,
        "sliding_window": 128,
        "max_position_embeddings": 1048576,
    },
    layers=_layers,
    attention=_attention,
    experts=_experts,
    extras=_hyper_connections,
    vision=vision_in_root,
    prediction=_prediction,
    aliases={"moe_intermediate_size": ("intermediate_size",)},
)

FAMILIES = (DEEPSEEK_V4,)
