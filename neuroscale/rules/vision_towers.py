"""Which parts of a vision tower vLLM cannot cut evenly over the ranks of tensor parallelism.

A tower is cut as the language model is, unless it is kept whole on every rank. Source: the towers of vLLM 0.8.5 to
0.33.0, `model_executor/models/{siglip,qwen2_vl,qwen2_5_vl,qwen3_vl,glm4_1v,mllama4}.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_model_limits import divides_vision_tower, may_keep_vision_tower_whole

TOWER_MODE = "--mm-encoder-tp-mode"
_LIMITS = "--limit-mm-per-prompt"
_WITHOUT_TOWER = "--language-model-only"
_OLD_MODE = "--enable-multimodal-encoder-data-parallel"
# The engine may serve something else than its own class of that name.
_OTHER_CLASSES = frozenset({"--model-impl", "--config-format", "--runner", "--convert", "--task"})

# Every option by which the tower may be whole, or absent, or another.
TOWER_OPTIONS = (TOWER_MODE, _LIMITS, _WITHOUT_TOWER, _OLD_MODE, *sorted(_OTHER_CLASSES))

_WHOLE = "data"
_CUT = "weights"
_LIMIT_OF_NOTHING = re.compile(r"(?<!\d)0(?!\d)")
_LONGEST_LIMITS = 1024
# Their heads, or their merged gate and up projections, are checked by an assertion that says nothing.
_SILENT_HEADS = frozenset({"Llama4ForConditionalGeneration"})
_SILENT_WIDTHS = frozenset({"Qwen2_5_VLForConditionalGeneration"})
_MERGED_SINCE = Version("0.10.2")
_BARE = "a bare AssertionError"
_ENGINES = frozenset({"vllm", "huggingfaceserver"})


@dataclass(frozen=True, slots=True)
class UndividedPart:
    """A part of the tower that the ranks cannot share evenly.

    Attributes:
        what: The part with its number, for a message.
        refusal: What the engine says, for a message.
    """

    what: str
    refusal: str


def undivided_tower(
    architecture: ModelArchitecture, settings: EngineSettings, tensor_parallel_size: int
) -> Iterator[UndividedPart]:
    """Yield the heads and the feed-forward of a vision tower that is certain to be cut, where the cut is uneven."""
    vision = architecture.vision
    if vision is None or not _is_cut(architecture, settings):
        return
    ways, names = tensor_parallel_size, architecture.class_names
    if vision.heads % ways:
        told = f'"AssertionError: {vision.heads} is not divisible by {ways}"'
        silent = _SILENT_HEADS.issuperset(names)
        yield UndividedPart(f"the {vision.heads} heads of the vision tower", _BARE if silent else told)
    elif vision.intermediate_size is not None and vision.intermediate_size % ways:
        told = f'"AssertionError: {vision.intermediate_size} is not divisible by {ways}"'
        silent = _SILENT_WIDTHS.issuperset(names) and not _tells_widths(settings)
        what = f"the width {vision.intermediate_size} of the vision tower's feed-forward"
        yield UndividedPart(what, _BARE if silent else told)


def _tells_widths(settings: EngineSettings) -> bool:
    """Whether gate and up projection are layers of their own, which say what they cannot divide."""
    return settings.version is not None and settings.version < _MERGED_SINCE


def may_be_kept_whole(architecture: ModelArchitecture, settings: EngineSettings) -> bool:
    """Whether `--mm-encoder-tp-mode data` certainly keeps the tower whole, so that any size suits it."""
    names = architecture.class_names
    return bool(names) and all(may_keep_vision_tower_whole(name, settings.version) for name in names)


def _is_cut(architecture: ModelArchitecture, settings: EngineSettings) -> bool:
    options, names = settings.options, architecture.class_names
    if settings.engine not in _ENGINES or not names or _OTHER_CLASSES & options.keys():
        return False
    if options.get(TOWER_MODE, _CUT) == _WHOLE or {_WITHOUT_TOWER, _OLD_MODE} & options.keys():
        return False
    limits = options.get(_LIMITS, "")
    # Older releases leave out a tower that no input may use.
    if len(limits) > _LONGEST_LIMITS or _LIMIT_OF_NOTHING.search(limits):
        return False
    if any(option.startswith(f"{_LIMITS}.") for option in options):
        return False
    return all(divides_vision_tower(name, settings.version) for name in names)
