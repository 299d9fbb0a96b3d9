"""PLaMo 3: Gemma 3's layer, with head norms and four norms, whose sliding layers are stated one by one.

`layer_types` says which layers slide, `sliding_window` how far; a list of windows per layer is not read.
Defined by Plamo3ForCausalLM of vLLM 0.33.0; the configuration class came with the weights.
"""

from neuroscale.architecture.blocks import dense_feed_forward, grouped_query_attention
from neuroscale.architecture.decoder import AttentionBlock, Family, LayerKind, UncountableError
from neuroscale.architecture.fields import Fields
from neuroscale.architecture.layer_plan import dense_layers, stated_attention_kinds


def _layers(fields: Fields) -> tuple[LayerKind, ...]:
    kinds = stated_attention_kinds(fields)
    if kinds is None:
        raise UncountableError("which layers slide (layer_types) is not stated")
    return dense_layers(kinds)


def _attention(fields: Fields, kind: LayerKind) -> AttentionBlock:
    return grouped_query_attention(fields, kind, head_norm="head")


PLAMO3 = Family(
    model_types=("plamo3",),
    class_names=("Plamo3ForCausalLM",),
    defaults={},
    layers=_layers,
    attention=_attention,
    dense=dense_feed_forward,
    norms_per_layer=4,
)

FAMILIES = (PLAMO3,)
