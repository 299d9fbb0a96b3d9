"""Intern-S1 Pro: Qwen3-VL MoE whose rotation mixes frequencies by learned coefficients (FoPE).

All layers share one table of sines and one of cosines: for each key/value head a square matrix over the frequencies
that are used. Those are the first `num_inv_freq`, or where that is null all that turn at least once within
`max_position_embeddings`. Only the projections in have the bias of `attention_bias`; the vision tower has a merger
of its own per entry of `deepstack_visual_indexes`. The encoder for time series is left out, as the engine does.

The configuration class came with the published weights; defined by InternS1ProForConditionalGeneration and
FourierRotaryEmbedding of vLLM 0.33.0.
"""

import math
from dataclasses import replace
from functools import partial

from neuroscale.architecture.blocks import grouped_query_attention, head_dimension, key_value_heads
from neuroscale.architecture.decoder import Extras, UncountableError
from neuroscale.architecture.families.qwen3_vl import QWEN3_VL_MOE, qwen3_vision_tower
from neuroscale.architecture.fields import MAXIMUM_TOKENS, MAXIMUM_WIDTH, Fields

_COEFFICIENTS = ("fope_init_factor", "fope_sep_head", "num_inv_freq")
_MAXIMUM_BASE = 1e15
_DEFAULT_BASE = 10000.0


def _extras(fields: Fields) -> Extras:
    rotation = fields.nested("rope_scaling") or fields.nested("rope_parameters") or Fields({}, path="rope_scaling")
    if all(rotation.value(name)[1] is None for name in _COEFFICIENTS):
        raise UncountableError(f"{fields.path('rope_scaling')} states no learned coefficients (fope_init_factor)")
    used = _frequencies(fields, rotation)
    return Extras(other=2 * key_value_heads(fields) * used * used)


def _frequencies(fields: Fields, rotation: Fields) -> int:
    """Return how many frequencies the rotation uses."""
    share = rotation.optional_number("partial_rotary_factor", minimum=0.0, maximum=1.0)
    rotated = int(head_dimension(fields) * (1.0 if share is None else share))
    available = -(-rotated // 2)
    stated = rotation.optional_integer("num_inv_freq", maximum=MAXIMUM_WIDTH)
    if stated is not None:
        return min(stated, available)
    base = (
        rotation.optional_number("rope_theta", minimum=1.0, maximum=_MAXIMUM_BASE)
        or fields.optional_number("rope_theta", minimum=1.0, maximum=_MAXIMUM_BASE)
        or _DEFAULT_BASE
    )
    positions = fields.integer("max_position_embeddings", maximum=MAXIMUM_TOKENS)
    slowest = 2.0 * math.pi / positions
    return sum(base ** (-2.0 * index / rotated) > slowest for index in range(available))


def _vision(root: Fields) -> int:
    tower = root.nested("vision_config")
    has_mergers = tower is not None and tower.value("deepstack_visual_indexes")[1] is not None
    return qwen3_vision_tower(root, deep_mergers=has_mergers)


INTERNS1_PRO = replace(
    QWEN3_VL_MOE,
    model_types=("interns1_pro",),
    class_names=("InternS1ProForConditionalGeneration",),
    # Published files leave out the step of the class that this one was made from.
    defaults={"decoder_sparse_step": 1},
    attention=partial(grouped_query_attention, input_bias="attention_bias", head_norm="head"),
    extras=_extras,
    text_may_tie=True,
    vision=_vision,
)

FAMILIES = (INTERNS1_PRO,)
