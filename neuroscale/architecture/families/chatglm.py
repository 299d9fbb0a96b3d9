"""ChatGLM2, ChatGLM3, CodeGeeX and GLM-4-9B in their first form: multi-query attention and a fused feed-forward.

The vision variants of the same type (`vision_config`) have weights of their own and are not counted. Defined by
ChatGLMConfig and ChatGLMForCausalLM of vLLM 0.33.0.
"""

from neuroscale.architecture.blocks import dense_feed_forward, head_dimension, hidden_size, projection, query_heads
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import MAXIMUM_HEADS, MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import dense_layers, full_attention
from neuroscale.errors import InvalidInputError


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    if fields.has("vision_config"):
        raise UncountableError("a vision tower (vision_config) is not covered")
    if not fields.flag("rmsnorm"):
        raise UncountableError("layer norms in place of root-mean-square norms (rmsnorm) are not covered")
    return dense_layers(full_attention(fields))


def _attention(fields: Fields, _kind: LayerKind) -> AttentionBlock:
    hidden, heads, width = hidden_size(fields), query_heads(fields), head_dimension(fields)
    if fields.optional_integer("kv_channels", maximum=MAXIMUM_WIDTH) not in {None, width}:
        raise UncountableError(f"kv_channels is not the {width} that the hidden size gives each head")
    kv_heads = heads
    if fields.flag("multi_query_attention"):
        kv_heads = fields.integer("multi_query_group_num", maximum=MAXIMUM_HEADS)
    if kv_heads > heads:
        raise InvalidInputError(
            f"{kv_heads} key/value heads cannot serve {heads} query heads",
            field=fields.path("multi_query_group_num"),
        )
    bias = fields.flag("add_bias_linear")
    return AttentionBlock(
        weights=projection(hidden, (heads + 2 * kv_heads) * width, bias=bias or fields.flag("add_qkv_bias"))
        + projection(heads * width, hidden, bias=bias),
        norms=0,
        head_dimension=width,
        kv_heads=kv_heads,
        key_elements=width,
        value_elements=width,
    )


def _final_norms(fields: Fields) -> int:
    return 1 if fields.flag("post_layer_norm") else 0


CHATGLM = Family(
    model_types=("chatglm",),
    class_names=("ChatGLMModel", "ChatGLMForConditionalGeneration", "ChatGLMForCausalLM"),
    defaults={
        "num_layers": 28,
        "padded_vocab_size": 65024,
        "hidden_size": 4096,
        "ffn_hidden_size": 13696,
        "kv_channels": 128,
        "num_attention_heads": 32,
        "seq_length": 2048,
        "rmsnorm": True,
        "post_layer_norm": True,
        "add_bias_linear": False,
        "add_qkv_bias": False,
        "multi_query_attention": False,
        "multi_query_group_num": 1,
        "tie_word_embeddings": False,
    },
    layers=_layers,
    attention=_attention,
    dense=lambda fields, kind: dense_feed_forward(fields, kind, width="ffn_hidden_size", bias="add_bias_linear"),
    final_norms=_final_norms,
    aliases={"num_hidden_layers": ("num_layers",), "vocab_size": ("padded_vocab_size",)},
)

FAMILIES = (CHATGLM,)
