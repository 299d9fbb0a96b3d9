"""The Q-Former of BLIP-2: learned queries that attend to each other and to what a tower yields.

Every `cross_attention_frequency`-th layer attends to the tower. Defined by Blip2QFormerModel of transformers.
"""

from neuroscale.architecture.blocks import projection
from neuroscale.architecture.fields import MAXIMUM_LAYERS, Fields
from neuroscale.architecture.layer_plan import layer_count
from neuroscale.architecture.tower import feed_forward_weights, layer_norm, width_of

QFORMER_DEFAULTS = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "cross_attention_frequency": 2,
    "encoder_hidden_size": 1408,
    "use_qformer_text_input": False,
}


def qformer_parameters(fields: Fields, width: int, encoder_width: int) -> int:
    """Return the parameters of a Q-Former.

    Args:
        fields: Its configuration with the defaults.
        width: Width of the queries.
        encoder_width: Width of what they attend to.
    """
    layers = layer_count(fields)
    every = fields.integer("cross_attention_frequency", maximum=MAXIMUM_LAYERS)
    own = 4 * projection(width, width, bias=True) + layer_norm(width)
    crossing = 2 * (projection(width, width, bias=True) + projection(encoder_width, width, bias=True))
    crossing += layer_norm(width)
    feed_forward = feed_forward_weights(width, width_of(fields, "intermediate_size")) + layer_norm(width)
    paths = 2 if fields.flag("use_qformer_text_input") else 1
    return layer_norm(width) + layers * (own + paths * feed_forward) + -(-layers // every) * crossing
