"""What can be read of a model whose family is not described: never a count, and no guess about experts.

The names are those that vLLM tries on any configuration (`transformers_utils`, `CONFIG_FIELD_ALIASES`).
"""

from collections.abc import Sequence

from neuroscale.architecture.blocks import EXPERT_COUNT_NAMES, EXPERTS_PER_TOKEN_NAMES
from neuroscale.architecture.fields import (
    MAXIMUM_EXPERTS,
    MAXIMUM_HEADS,
    MAXIMUM_LAYERS,
    MAXIMUM_VOCABULARY,
    MAXIMUM_WIDTH,
    Fields,
)
from neuroscale.architecture.model import Attention, MixtureOfExperts

_HEAD_NAMES = ("num_attention_heads", "n_head", "n_heads", "num_heads")
_KV_HEAD_NAMES = (
    "num_key_value_heads",
    "num_kv_heads",
    "n_head_kv",
    "multi_query_group_num",
    "num_attention_groups",
)
_LAYER_NAMES = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_HIDDEN_NAMES = ("hidden_size", "d_model", "n_embd", "dim")


def read_layers(fields: Fields) -> int | None:
    """Return the number of decoder layers, under any of its names."""
    return fields.optional_integer(*_LAYER_NAMES, maximum=MAXIMUM_LAYERS, minimum=1)


def read_hidden_size(fields: Fields) -> int | None:
    """Return the width of the residual stream, under any of its names."""
    return fields.optional_integer(*_HIDDEN_NAMES, maximum=MAXIMUM_WIDTH, minimum=1)


def read_vocabulary_size(fields: Fields) -> int | None:
    """Return the rows of the token embedding."""
    return fields.optional_integer("vocab_size", maximum=MAXIMUM_VOCABULARY, minimum=1)


def read_heads(fields: Fields) -> Attention | None:
    """Return query and key/value heads without layer groups, or None when heads or their width are not stated.

    Which layers keep a cache, and of what shape, is a matter of the family: the groups stay empty.
    """
    heads = fields.optional_integer(*_HEAD_NAMES, maximum=MAXIMUM_HEADS, minimum=1)
    width = fields.optional_integer("head_dim", maximum=MAXIMUM_WIDTH, minimum=1)
    hidden = read_hidden_size(fields)
    if heads is None or (width is None and hidden is None):
        return None
    return Attention(
        heads=heads,
        kv_heads=fields.optional_integer(*_KV_HEAD_NAMES, maximum=MAXIMUM_HEADS, minimum=1) or heads,
        head_dimension=width if width is not None else max(1, (hidden or 0) // heads),
        groups=(),
        is_latent=(fields.optional_integer("kv_lora_rank", maximum=MAXIMUM_WIDTH) or 0) > 0,
    )


def read_mixture(fields: Fields) -> tuple[bool | None, MixtureOfExperts | None, str]:
    """Tell whether the model has routed experts, describe them if nothing is left to guess, and say what is open.

    The first answer is True for two or more experts of which at least one computes a token, and None otherwise: a
    missing field does not make a model dense, because families hide their experts in places of their own.
    """
    experts = max(_numbers(fields, EXPERT_COUNT_NAMES), default=0)
    per_token = max(_numbers(fields, EXPERTS_PER_TOKEN_NAMES), default=0)
    if experts < 2 or not 1 <= per_token <= experts or fields.value("enable_moe_block")[1] is False:
        return None, None, "no field says for certain whether the model has routed experts"
    width = fields.value("moe_intermediate_size")[1]
    moe_layers = _moe_layers(fields)
    if moe_layers is None or not isinstance(width, int):
        found = f"{experts} routed experts, {per_token} per token, are stated"
        return True, None, f"{found}, but not their width and which layers hold them"
    mixture = MixtureOfExperts(
        routed_experts=experts,
        experts_per_token=per_token,
        expert_intermediate_size=fields.integer("moe_intermediate_size", maximum=MAXIMUM_WIDTH),
        moe_layers=moe_layers,
    )
    return True, mixture, "whether shared experts stand beside the routed ones is a matter of the family"


def _moe_layers(fields: Fields) -> int | None:
    """Count the layers with experts where the configuration lists them or states all but the first."""
    kinds = fields.texts("mlp_layer_types")
    if kinds is not None:
        return sum(kind == "sparse" for kind in kinds) or None
    if isinstance(fields.value("moe_layer_freq")[1], list | tuple):
        return sum(fields.integers("moe_layer_freq", maximum=1) or ()) or None
    layers = read_layers(fields)
    dense = fields.optional_integer("first_k_dense_replace", maximum=MAXIMUM_LAYERS)
    return None if layers is None or dense is None or dense >= layers else layers - dense


def _numbers(fields: Fields, names: Sequence[str]) -> tuple[int, ...]:
    name, value = fields.value(names[0], *names[1:])
    if isinstance(value, list | tuple):
        return fields.integers(name, maximum=MAXIMUM_EXPERTS) or ()
    number = fields.optional_integer(*names, maximum=MAXIMUM_EXPERTS)
    return () if number is None else (number,)
