"""Qwen4-Exp: gated delta nets and attention over picked tokens, several residual streams, tables of n-grams.

What differs from Qwen3.5-MoE:

- `hc_count` residual streams run side by side. Instead of norms, a gate with a low-rank mixer stands before each
  attention and each feed-forward and mixes the streams; one more stands before the output head.
- Full layers have an indexer whose keys stand for `indexer_compress_ratio` tokens each.
- Layers of `ple_layer_ids`, counted from one, look up n-grams of tokens: each of their hash functions has a table
  whose rows are the next prime after those of the one before. The tables are counted as input embedding.

Defined by Qwen4ExpTextConfig, Qwen4ExpConfig and their model classes of transformers, the draft layers by vLLM
0.33.0, models/qwen4_exp.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import expert_feed_forward, hidden_size, projection, shared_expert_width
from neuroscale.architecture.decoder import AttentionBlock, Extras, Family, LayerKind, UncountableError
from neuroscale.architecture.families.qwen3_next import all_parameters, hybrid_attention
from neuroscale.architecture.families.qwen3_vl import qwen3_vision_tower
from neuroscale.architecture.fields import (
    MAXIMUM_HEADS,
    MAXIMUM_LAYERS,
    MAXIMUM_TOKENS,
    MAXIMUM_VOCABULARY,
    MAXIMUM_WIDTH,
    Fields,
)
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.model import AttentionKind, MultiTokenPrediction
from neuroscale.errors import InvalidInputError

_LOOKS_UP = "looks up n-grams"
_KINDS: dict[str, AttentionKind] = {
    "linear_attention": "linear",
    "indexed_attention": "full",
    "full_attention": "full",
}
# No more tables than these are counted, so that a hostile configuration costs no time.
_MOST_TABLES = 2048
# These bases make the test of Miller and Rabin certain below 3,215,031,751: https://oeis.org/A014233.
_WITNESSES = (2, 3, 5, 7)


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    layers = layer_count(fields)
    names = fields.texts("layer_types")
    if names is None:
        period = fields.integer("full_attention_interval", maximum=MAXIMUM_LAYERS)
        names = tuple(
            "linear_attention" if (index + 1) % period else "indexed_attention" for index in range(layers)
        )
    if len(names) != layers:
        raise InvalidInputError(f"has {len(names)} entries for {layers} layers", field=fields.path("layer_types"))
    if unknown := set(names) - _KINDS.keys():
        raise UncountableError(f"the layer type {min(unknown)!r} is not known for this family")
    looking_up = _looking_up(fields, layers)
    return tuple(
        LayerKind(_KINDS[name], dense=False, experts=True, variant=_LOOKS_UP if index in looking_up else "")
        for index, name in enumerate(names, start=1)
    )


def _looking_up(fields: Fields, layers: int) -> frozenset[int]:
    """Return the layers that look up n-grams, counted from one."""
    stated = frozenset(fields.integers("ple_layer_ids", maximum=MAXIMUM_LAYERS) or ())
    if any(not 1 <= layer <= layers for layer in stated):
        raise InvalidInputError(f"must name layers from 1 to {layers}", field=fields.path("ple_layer_ids"))
    return stated


def _streams(fields: Fields) -> int:
    """Return the width of all residual streams together."""
    return fields.integer("hc_count", maximum=MAXIMUM_HEADS) * hidden_size(fields)


def _mixer(fields: Fields) -> int:
    """Return a norm of all streams and the low-rank projection that mixes them."""
    streams = _streams(fields)
    return streams + 2 * projection(streams, fields.integer("hc_lowrank", maximum=MAXIMUM_WIDTH))


def _residual_gate(fields: Fields) -> int:
    return _mixer(fields) + projection(_streams(fields), fields.integer("hc_count", maximum=MAXIMUM_HEADS))


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = hybrid_attention(fields, kind)
    other = 2 * _residual_gate(fields)
    if kind.attention == "full":
        width = fields.integer("indexer_head_dim", maximum=MAXIMUM_WIDTH)
        heads = fields.integer("indexer_n_heads", maximum=MAXIMUM_HEADS)
        heads += fields.integer("indexer_kv_heads", maximum=MAXIMUM_HEADS)
        ratio = fields.integer("indexer_compress_ratio", maximum=MAXIMUM_TOKENS)
        indexer = projection(hidden_size(fields), heads * width) + 2 * width
        return replace(block, other=other + indexer, indexer_elements=-(-width // ratio))
    if kind.variant != _LOOKS_UP:
        return replace(block, other=other)
    streams = _streams(fields)
    kernel = fields.integer("ple_conv_kernel_size", maximum=MAXIMUM_WIDTH)
    dilation = fields.integer("ngram_size", maximum=MAXIMUM_WIDTH)
    look_up = projection(_look_up_width(fields), streams + hidden_size(fields)) + 3 * streams + streams * kernel
    return replace(
        block,
        other=other + look_up,
        convolution_state_elements=block.convolution_state_elements + streams * (kernel - 1) * dilation,
    )


_experts = partial(
    expert_feed_forward,
    shared_width=shared_expert_width,
    shared_gate=True,
    shared_module="mlp.shared_expert",
)


def _look_up_width(fields: Fields) -> int:
    return fields.optional_integer("ple_embed_dim", maximum=MAXIMUM_WIDTH, minimum=1) or hidden_size(fields)


def _extras(fields: Fields) -> Extras:
    return Extras(input_embedding=_tables(fields), other=_mixer(fields))


def _tables(fields: Fields) -> int:
    """Return the tables of all layers that look up n-grams.

    Raises:
        UncountableError: There are more tables than any model has.
    """
    layers = len(_looking_up(fields, layer_count(fields)))
    if not layers:
        return 0
    per_layer = (fields.integer("ngram_size", maximum=MAXIMUM_WIDTH) - 1) * fields.integer(
        "heads_per_ngram", maximum=MAXIMUM_HEADS
    )
    if not 1 <= layers * per_layer <= _MOST_TABLES:
        raise UncountableError(f"{layers * per_layer} tables of n-grams are not known for this family")
    multiple = fields.integer("make_ngram_vocab_size_divisible_by", maximum=MAXIMUM_VOCABULARY)
    rows = _primes_from(fields.integer("ngram_vocab_size_base", maximum=MAXIMUM_VOCABULARY), layers * per_layer)
    padded = (
        -(-sum(rows[start : start + per_layer]) // multiple) * multiple for start in range(0, len(rows), per_layer)
    )
    return sum(padded) * (_look_up_width(fields) // per_layer)


def _primes_from(least: int, count: int) -> list[int]:
    primes: list[int] = []
    candidate = least
    while len(primes) < count:
        if _is_prime(candidate):
            primes.append(candidate)
        candidate += 1
    return primes


def _is_prime(number: int) -> bool:
    if number < 2 or any(number % witness == 0 for witness in _WITNESSES):
        return number in _WITNESSES
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(number, witness, odd, twos) for witness in _WITNESSES)


def _passes(number: int, witness: int, odd: int, twos: int) -> bool:
    power = pow(witness, odd, number)
    if power in {1, number - 1}:
        return True
    return any((power := power * power % number) == number - 1 for _ in range(twos - 1))


def _prediction(fields: Fields) -> MultiTokenPrediction | None:
    layers = fields.optional_integer("mtp_num_hidden_layers", maximum=MAXIMUM_LAYERS) or 0
    if not layers:
        return None
    kind, hidden = LayerKind("full", dense=False, experts=True), hidden_size(fields)
    attention = _attention(fields, kind)
    layer = attention.weights + attention.norms + attention.other + all_parameters(_experts(fields, kind))
    around = 2 * projection(hidden, hidden) + hidden + _streams(fields) + _mixer(fields)
    return MultiTokenPrediction(layers, layers * layer + around)


QWEN4_EXP_TEXT = Family(
    model_types=("qwen4_exp_text",),
    class_names=("Qwen4ExpForCausalLM",),
    defaults={
        "vocab_size": 248320,
        "hidden_size": 2048,
        "num_hidden_layers": 40,
        "num_attention_heads": 16,
        "num_key_value_heads": 2,
        "head_dim": 256,
        "max_position_embeddings": 32768,
        "linear_conv_kernel_dim": 4,
        "linear_key_head_dim": 128,
        "linear_value_head_dim": 128,
        "linear_num_key_heads": 16,
        "linear_num_value_heads": 32,
        "full_attention_interval": 4,
        "moe_intermediate_size": 512,
        "shared_expert_intermediate_size": 512,
        "num_experts_per_tok": 10,
        "num_experts": 512,
        "hc_count": 4,
        "hc_lowrank": 320,
        "ple_conv_kernel_size": 4,
        "ngram_size": 3,
        "heads_per_ngram": 8,
        "ngram_vocab_size_base": 20_000_000,
        "make_ngram_vocab_size_divisible_by": 128,
    },
    layers=_layers,
    attention=_attention,
    experts=_experts,
    norms_per_layer=0,
    final_norms=0,
    extras=_extras,
    prediction=_prediction,
)

QWEN4_EXP = replace(
    QWEN4_EXP_TEXT,
    model_types=("qwen4_exp",),
    class_names=("Qwen4ExpForConditionalGeneration",),
    text_field="text_config",
    root_defaults={"tie_word_embeddings": False},
    vision=partial(qwen3_vision_tower, deep_mergers=False),
)

FAMILIES = (QWEN4_EXP_TEXT, QWEN4_EXP)
