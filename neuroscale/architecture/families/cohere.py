"""Command R and Command A: attention and feed-forward beside each other behind one norm without bias.

Command R+ has norms over the width of all query and of all key heads (`use_qk_norm`). The second generation has
sliding layers with every n-th full. Defined by CohereConfig, Cohere2Config and their model classes of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import dense_feed_forward
from neuroscale.architecture.decoder import AttentionBlock, LayerKind
from neuroscale.architecture.families.llama import LLAMA, biased_attention
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import dense_layers, every_nth_layer_full, full_attention


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    return biased_attention(fields, kind, head_norm="width" if fields.flag("use_qk_norm") else "none")


def _second_layers(fields: Fields) -> tuple[LayerKind, ...]:
    period = fields.integer("sliding_window_pattern", maximum=MAXIMUM_LAYERS)
    return dense_layers(every_nth_layer_full(fields, period))


def _second_attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    block = biased_attention(fields, kind)
    if block.window_tokens is None:
        return block
    # The window was trained as the tokens before the present one, which the engine keeps too.
    return replace(block, window_tokens=block.window_tokens + 1)


COHERE = replace(
    LLAMA,
    model_types=("cohere",),
    class_names=("CohereForCausalLM",),
    defaults={
        "vocab_size": 256000,
        "hidden_size": 8192,
        "intermediate_size": 22528,
        "num_hidden_layers": 40,
        "num_attention_heads": 64,
        "max_position_embeddings": 8192,
        "tie_word_embeddings": True,
    },
    layers=lambda fields: dense_layers(full_attention(fields)),
    attention=_attention,
    dense=dense_feed_forward,
    norms_per_layer=1,
)

COHERE2 = replace(
    COHERE,
    model_types=("cohere2",),
    class_names=("Cohere2ForCausalLM",),
    defaults={**COHERE.defaults, "sliding_window": 4096, "sliding_window_pattern": 4},
    layers=_second_layers,
    attention=_second_attention,
)

FAMILIES = (COHERE, COHERE2)
