"""Decoders built like Llama whose classes came with their weights: names, biases and norms are what differs.

- TeleFLM is Llama under another name; so are AquilaChat2 and XVERSE, without any bias and with a head of their own.
- InternLM has a bias on all of its attention unless `bias` says no; InternLM2 joins queries, keys and values in
  one matrix, and vLLM builds it without the bias that its class can have.
- Baichuan and InternLM have no fewer key/value heads than query heads; EXAONE 3 counts `num_layers`; Orion has
  layer norms.
- Qwen of the first generation gives `intermediate_size` for gate and up projection together, and a bias to queries,
  keys and values. MiMo is Qwen2 with draft layers.
- TeleChat has a bias on the projections out of attention and feed-forward only.

Defined by the classes published with the weights for Baichuan, InternLM and Qwen (`modeling_baichuan.py`,
`modeling_internlm.py`, `modeling_qwen.py`), for Aquila by the class that vLLM's repository had of it (`aquila.py`,
at 05aa9e62), for XVERSE by that of SGLang 0.5.23, and for EXAONE, InternLM2, MiMo, Orion, Solar, TeleChat and
TeleFLM by those of vLLM 0.33.0. vLLM served Baichuan, InternLM, Qwen and XVERSE until 0.23.0, Aquila until 0.24.0.
"""

from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import (
    dense_feed_forward,
    grouped_query_attention,
    head_dimension,
    hidden_size,
    projection,
    query_heads,
)
from neuroscale.architecture.decoder import AttentionBlock, DenseBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import (
    dense_layers,
    full_attention,
    late_windowed_attention,
)
from neuroscale.architecture.model import MultiTokenPrediction
from neuroscale.architecture.prediction import prediction_layers
from neuroscale.errors import InvalidInputError


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    return dense_layers(full_attention(fields))


def _biased_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    bias = fields.flag("attention_bias") or fields.flag("bias")
    return grouped_query_attention(fields, kind, input_bias=bias, output_bias=bias)


def _biased_feed_forward(fields: Fields, kind: LayerKind) -> DenseBlock:
    return dense_feed_forward(fields, kind, bias="mlp_bias")


def derived_head_attention(
    fields: Fields, kind: LayerKind, *, input_bias: str | bool = False, output_bias: str | bool = False
) -> AttentionBlock:
    """Return attention of a class that shares the hidden size among the query heads, whatever `head_dim` says.

    Raises:
        UncountableError: `head_dim` says otherwise.
    """
    width = hidden_size(fields) // query_heads(fields)
    if fields.optional_integer("head_dim", maximum=MAXIMUM_WIDTH) not in {None, width}:
        raise UncountableError(f"head_dim is not the {width} that the hidden size gives each head")
    return grouped_query_attention(fields, kind, input_bias=input_bias, output_bias=output_bias)


def _internlm2_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if fields.flag("bias"):
        raise UncountableError("a bias in the attention (bias) is not covered")
    return derived_head_attention(fields, kind)


def _multi_head_attention(fields: Fields, kind: LayerKind, *, bias: str | bool = False) -> AttentionBlock:
    heads = query_heads(fields)
    if fields.optional_integer("num_key_value_heads", maximum=MAXIMUM_WIDTH) not in {None, heads}:
        raise UncountableError("fewer key/value heads than query heads are not covered")
    return derived_head_attention(fields, kind, input_bias=bias, output_bias=bias)


def _bias_free_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    if any(fields.flag(name) for name in ("attention_bias", "bias", "mlp_bias")):
        raise UncountableError("a bias (attention_bias, bias, mlp_bias) is not covered")
    return derived_head_attention(fields, kind)


def _telechat_feed_forward(fields: Fields, kind: LayerKind) -> DenseBlock:
    block = dense_feed_forward(fields, kind)
    return replace(block, weights=block.weights + hidden_size(fields))


def _qwen_attention(fields: Fields, _kind: LayerKind) -> AttentionBlock:
    if fields.has("visual"):
        raise UncountableError("a vision tower (visual) is not covered")
    hidden, heads, width = hidden_size(fields), query_heads(fields), head_dimension(fields)
    if fields.optional_integer("kv_channels", maximum=MAXIMUM_WIDTH) not in {None, width}:
        raise UncountableError(f"kv_channels is not the {width} that the hidden size gives each head")
    return AttentionBlock(
        weights=projection(hidden, 3 * heads * width, bias=True)
        + projection(heads * width, hidden, bias=not fields.flag("no_bias")),
        norms=0,
        head_dimension=width,
        kv_heads=heads,
        key_elements=width,
        value_elements=width,
    )


def _qwen_feed_forward(fields: Fields, _kind: LayerKind) -> DenseBlock:
    hidden, joined = hidden_size(fields), fields.integer("intermediate_size", maximum=MAXIMUM_WIDTH)
    if joined % 2:
        raise InvalidInputError("must be even: it is twice the width", field=fields.path("intermediate_size"))
    bias = not fields.flag("no_bias")
    width = joined // 2
    return DenseBlock(width, projection(hidden, 2 * width, bias=bias) + projection(width, hidden, bias=bias))


SOLAR = Family(
    model_types=("solar",),
    class_names=("SolarForCausalLM",),
    defaults={},
    layers=_layers,
    attention=_biased_attention,
    dense=_biased_feed_forward,
)
EXAONE = replace(
    SOLAR,
    model_types=("exaone",),
    class_names=("ExaoneForCausalLM",),
    aliases={"num_hidden_layers": ("num_layers",)},
)
TELEFLM = replace(SOLAR, model_types=("TeleFLM",), class_names=("TeleFLMForCausalLM",))
AQUILA = replace(
    SOLAR,
    model_types=("aquila",),
    class_names=("AquilaForCausalLM", "AquilaModel"),
    attention=_bias_free_attention,
    dense=dense_feed_forward,
    can_tie=False,
)
XVERSE = replace(AQUILA, model_types=("xverse",), class_names=("XverseForCausalLM",))
INTERNLM = replace(
    SOLAR,
    model_types=("internlm",),
    class_names=("InternLMForCausalLM",),
    defaults={"bias": True, "max_position_embeddings": 2048},
    attention=partial(_multi_head_attention, bias="bias"),
    dense=dense_feed_forward,
)
INTERNLM2 = replace(
    SOLAR,
    model_types=("internlm2",),
    class_names=("InternLM2ForCausalLM",),
    defaults={"bias": True},
    attention=_internlm2_attention,
    dense=dense_feed_forward,
)
BAICHUAN = replace(
    SOLAR,
    model_types=("baichuan",),
    class_names=("BaichuanForCausalLM", "BaiChuanForCausalLM"),
    attention=_multi_head_attention,
    dense=dense_feed_forward,
)
ORION = replace(
    SOLAR,
    model_types=("orion",),
    class_names=("OrionForCausalLM",),
    attention=derived_head_attention,
    dense=dense_feed_forward,
    vectors_per_norm=2,
)
TELECHAT = replace(
    SOLAR,
    model_types=("telechat", "telechat2"),
    class_names=("TeleChatForCausalLM", "TelechatForCausalLM", "TeleChat2ForCausalLM"),
    attention=partial(derived_head_attention, output_bias=True),
    dense=_telechat_feed_forward,
    aliases={
        "num_hidden_layers": ("n_layer",),
        "num_attention_heads": ("n_head",),
        "intermediate_size": ("ffn_hidden_size",),
    },
)
QWEN = replace(
    SOLAR,
    model_types=("qwen",),
    class_names=("QWenLMHeadModel",),
    defaults={
        "vocab_size": 151936,
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "intermediate_size": 22016,
        "no_bias": True,
        "max_position_embeddings": 8192,
    },
    attention=_qwen_attention,
    dense=_qwen_feed_forward,
)


def _mimo_draft_layers(fields: Fields) -> MultiTokenPrediction | None:
    """Return draft layers as the checkpoint has them: a layer, what joins two inputs, and a norm of either and all.

    Source: MiMoMultiTokenPredictorLayer of vLLM 0.33.0; the stored parameters of MiMo-7B agree to the last one.
    """
    layers = prediction_layers(fields)
    if not layers:
        return None
    hidden, kind = hidden_size(fields), LayerKind("full", dense=True, experts=False)
    attention = derived_head_attention(fields, kind, input_bias=True)
    layer = attention.weights + attention.norms + dense_feed_forward(fields, kind).weights
    return MultiTokenPrediction(layers, layers * (layer + projection(2 * hidden, hidden) + 5 * hidden))


MIMO = replace(
    SOLAR,
    model_types=("mimo",),
    class_names=("MiMoForCausalLM",),
    layers=lambda fields: dense_layers(late_windowed_attention(fields)),
    attention=partial(derived_head_attention, input_bias=True),
    dense=dense_feed_forward,
    prediction=_mimo_draft_layers,
)

FAMILIES = (
    AQUILA,
    BAICHUAN,
    EXAONE,
    INTERNLM,
    INTERNLM2,
    MIMO,
    ORION,
    QWEN,
    SOLAR,
    TELECHAT,
    TELEFLM,
    XVERSE,
)
