"""How many tokens a model was made for: the positions and the rope scaling that the configuration states."""

from neuroscale.architecture.fields import MAXIMUM_TOKENS, Fields
from neuroscale.architecture.model import ContextLength

# Decides alone where it is stated (Command-R states fewer positions beside it).
_DECISIVE_NAME = "model_max_length"
# The spellings of the maximum context; else the smallest stated one decides.
# Source: vLLM 0.8.5, 0.10.2 and 0.33.0, derivation of the maximum model length.
CONTEXT_LENGTH_NAMES = (
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "max_sequence_length",
    "seq_length",
    _DECISIVE_NAME,
    "max_target_positions",
)
_MAXIMUM_FACTOR = 2.0**20


def read_context(fields: Fields) -> ContextLength | None:
    """Return the context facts of a language model, or None when no length is stated."""
    stated = {
        name: fields.integer(name, maximum=MAXIMUM_TOKENS) for name in CONTEXT_LENGTH_NAMES if fields.has(name)
    }
    default = fields.optional_integer("max_position_embeddings", maximum=MAXIMUM_TOKENS, minimum=1)
    decisive = fields.optional_integer(_DECISIVE_NAME, maximum=MAXIMUM_TOKENS)
    if decisive:
        name, original = _DECISIVE_NAME, decisive
    elif stated:
        name = min(stated, key=stated.__getitem__)
        original = stated[name]
    elif default is not None:
        name, original = fields.value("max_position_embeddings")[0], default
    else:
        return None
    stated_in = fields.path(name) if fields.has(name) else None
    scaling = _scaling(fields)
    rope_type = None if scaling is None else scaling.optional_text("rope_type", "type")
    if scaling is None or rope_type is None or rope_type.lower() == "default":
        return ContextLength(original, stated_in=stated_in)
    return ContextLength(
        original_tokens=original,
        rope_type=rope_type.lower(),
        rope_factor=scaling.optional_number("factor", minimum=0.0, maximum=_MAXIMUM_FACTOR) or 1.0,
        rope_original_tokens=scaling.optional_integer(
            "original_max_position_embeddings", maximum=MAXIMUM_TOKENS, minimum=1
        ),
        stated_in=stated_in,
    )


def _scaling(fields: Fields) -> Fields | None:
    """Return the rope settings that govern the full-attention layers."""
    scaling = fields.nested("rope_scaling") or fields.nested("rope_parameters")
    if scaling is None:
        return None
    return scaling.nested("full_attention") or scaling
