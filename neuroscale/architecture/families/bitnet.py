"""BitNet: Llama with a norm before the output projection and one inside the feed-forward.

The ternary weights are a matter of the declared quantisation, not of the count. Defined by BitNetConfig and
BitNetForCausalLM of transformers.
"""

from dataclasses import replace

from neuroscale.architecture.blocks import dense_feed_forward, hidden_size
from neuroscale.architecture.decoder import AttentionBlock, Extras, LayerKind
from neuroscale.architecture.families.llama import LLAMA, biased_attention
from neuroscale.architecture.fields import MAXIMUM_WIDTH, Fields
from neuroscale.architecture.layer_plan import layer_count


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    return replace(biased_attention(fields, kind), norms=hidden_size(fields))


def _feed_forward_norms(fields: Fields) -> Extras:
    return Extras(normalisation=layer_count(fields) * fields.integer("intermediate_size", maximum=MAXIMUM_WIDTH))


BITNET = replace(
    LLAMA,
    model_types=("bitnet",),
    class_names=("BitNetForCausalLM",),
    defaults={
        "vocab_size": 128256,
        "hidden_size": 2560,
        "intermediate_size": 6912,
        "num_hidden_layers": 30,
        "num_attention_heads": 20,
        "num_key_value_heads": 5,
        "max_position_embeddings": 2048,
    },
    attention=_attention,
    dense=dense_feed_forward,
    extras=_feed_forward_norms,
)

FAMILIES = (BITNET,)
