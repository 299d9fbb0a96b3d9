"""The arithmetic of vLLM's divisibility rules, shared by the rules and by the alternatives they offer.

Source of every condition: vLLM 0.10.2 to 0.33.0, `config/model.py`, `distributed/utils.py`, `fused_moe/config.py`
and `fused_moe/layer.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from neuroscale.architecture.model import Attention, ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules.fp8_blocks import BlockOutcome, judge_fp8_blocks
from neuroscale.rules.vision_towers import undivided_tower

ParallelSize = Literal["tensor_parallel_size", "data_parallel_size"]

# Attention kinds whose layers hold KV heads; the others have none to share out.
_KINDS_WITH_KV_HEADS = ("full", "sliding", "chunked")

# vLLM reads no expert count from this class (it sits in ffn_config), so its data-parallel ranks are independent
# engines and never join the tensor-parallel group of the experts.
_CLASSES_WITHOUT_EXPERT_COUNT = frozenset({"DbrxForCausalLM"})

# Their configurations may count experts that the model does not use, and vLLM goes by the count alone.
_TYPES_THAT_MAY_COUNT_EXPERTS = frozenset({"doge", "hunyuan", "hunyuan_v1_moe", "jamba"})

# Their attention divides the KV heads by the ranks without copying any, and fails where ranks outnumber them:
# vLLM `model_executor/models/gpt_oss.py`, read in 0.10.2 to 0.33.0.
_CLASSES_WITHOUT_COPIED_KV_HEADS = frozenset({"GptOssForCausalLM"})

# Rows of the embedding and of the head are stored in whole multiples of it: `vocab_parallel_embedding.py`.
_VOCABULARY_PADDING = 64
# Projections whose input tensor parallelism cuts, by the component that they belong to.
_CUT_FEED_FORWARDS = {"dense_feed_forward": "dense feed-forward", "shared_experts": "shared experts"}
_LAST_PROJECTION = "down_proj"

_SIZES_ALWAYS_TRIED = 16
_LARGEST_SIZE_TRIED = 64


def kv_head_counts(attention: Attention) -> tuple[int, ...]:
    """Return the distinct KV head counts that tensor parallelism has to share out, in ascending order.

    Latent attention (MLA) has none: its one cache row per token is copied to every rank. A model with two attention
    shapes (Gemma 4: sliding and global layers) has several. Where the layers are not known one by one, the stated
    count stands for all of them.
    """
    if attention.is_latent:
        return ()
    if not attention.groups:
        return (attention.kv_heads,) if attention.kv_heads else ()
    return tuple(
        sorted(
            {group.kv_heads for group in attention.groups if group.kind in _KINDS_WITH_KV_HEADS and group.kv_heads}
        )
    )


def undivided_heads(attention: Attention, tensor_parallel_size: int) -> tuple[int, ...]:
    """Return the query head counts that cannot be split evenly over the ranks, in ascending order.

    Layers with a number of heads of their own (Laguna, Inkling, Step-3.5) are held to the same condition.
    """
    return tuple(
        heads for heads in sorted({attention.heads, *attention.other_heads}) if heads % tensor_parallel_size
    )


def kv_heads_divide(kv_heads: int, tensor_parallel_size: int) -> bool:
    """Whether KV heads can be split evenly over the ranks, or copied evenly where ranks outnumber them."""
    if tensor_parallel_size <= kv_heads:
        return kv_heads % tensor_parallel_size == 0
    return tensor_parallel_size % kv_heads == 0


def copies_kv_heads(architecture: ModelArchitecture) -> bool:
    """Whether vLLM's class for a model copies KV heads where ranks outnumber them."""
    return not _CLASSES_WITHOUT_COPIED_KV_HEADS.intersection(architecture.class_names)


def engine_sees_experts(architecture: ModelArchitecture) -> bool:
    """Whether vLLM finds an expert count in the configuration of a model that has experts."""
    return architecture.experts is not None and not _CLASSES_WITHOUT_EXPERT_COUNT.intersection(
        architecture.class_names
    )


def engine_counts_no_experts(architecture: ModelArchitecture) -> bool:
    """Whether vLLM certainly takes the model for a dense one; what the architecture leaves open is not certain."""
    if architecture.is_mixture_of_experts is None:
        return False
    if architecture.is_mixture_of_experts:
        return architecture.experts is not None and not engine_sees_experts(architecture)
    return architecture.model_type not in _TYPES_THAT_MAY_COUNT_EXPERTS


def expert_tensor_parallel_size(architecture: ModelArchitecture, settings: EngineSettings) -> int:
    """Return how many ways the width of each expert is cut: TP x PCP x DP without expert parallelism, 1 with it."""
    if not engine_sees_experts(architecture):
        return settings.tensor_parallel_size * settings.prefill_context_parallel_size
    return settings.expert_tensor_parallel_size


def valid_sizes(
    architecture: ModelArchitecture, settings: EngineSettings, size: ParallelSize = "tensor_parallel_size"
) -> tuple[int, ...]:
    """Return the values of one parallel size that no rule here denies, everything else as the settings say.

    Values up to 16 are tried, or up to the present one where that is larger and still of this world.
    """
    highest = max(_SIZES_ALWAYS_TRIED, min(getattr(settings, size), _LARGEST_SIZE_TRIED))
    return tuple(
        candidate
        for candidate in range(1, highest + 1)
        if is_divisible(architecture, with_size(settings, size, candidate))
    )


def with_size(settings: EngineSettings, size: ParallelSize, value: int) -> EngineSettings:
    """Return the settings with one parallel size changed."""
    if size == "data_parallel_size":
        return replace(settings, data_parallel_size=value)
    return replace(settings, tensor_parallel_size=value)


def shares_heads_evenly(architecture: ModelArchitecture, tensor_parallel_size: int) -> bool:
    """Whether the ranks can share the query heads and the KV heads; True where there are none."""
    attention = architecture.attention
    if attention is None:
        return True
    kv_heads = kv_head_counts(attention)
    if undivided_heads(attention, tensor_parallel_size):
        return False
    if not all(kv_heads_divide(each, tensor_parallel_size) for each in kv_heads):
        return False
    return copies_kv_heads(architecture) or not tensor_parallel_size > min(kv_heads, default=0) > 0


def vocabulary_as_stored(architecture: ModelArchitecture) -> int | None:
    """Return the rows of the embedding with its padding; None where the vocabulary is not known."""
    rows = architecture.vocabulary_size
    return None if rows is None else -(-rows // _VOCABULARY_PADDING) * _VOCABULARY_PADDING


def undivided_widths(
    architecture: ModelArchitecture, settings: EngineSettings, tensor_parallel_size: int
) -> Iterator[tuple[str, int]]:
    """Yield the feed-forwards of all tokens that cannot be cut evenly: what they are, and their width, each once.

    Only modules that are known by name. Expert parallelism over data-parallel ranks keeps whole copies of the
    shared experts on some backends.
    """
    hidden = architecture.hidden_size
    seen = set()
    for modules in architecture.linear_modules if hidden else ():
        part = _CUT_FEED_FORWARDS.get(modules.component)
        if part is None or modules.name.rpartition(".")[2] != _LAST_PROJECTION:
            continue
        may_be_whole = settings.enable_expert_parallel and settings.data_parallel_size > 1
        width = modules.parameters // (hidden or 1)
        if (modules.component == "shared_experts" and may_be_whole) or (part, width) in seen:
            continue
        seen.add((part, width))
        if width % tensor_parallel_size:
            yield part, width


def is_divisible(architecture: ModelArchitecture, settings: EngineSettings) -> bool:
    """Whether heads, vocabulary, experts, feed-forwards, vision tower and FP8 blocks all divide."""
    tensor_parallel_size = settings.tensor_parallel_size
    rows = vocabulary_as_stored(architecture)
    if not shares_heads_evenly(architecture, tensor_parallel_size) or (rows or 0) % tensor_parallel_size:
        return False
    experts = architecture.experts
    ways = expert_tensor_parallel_size(architecture, settings)
    if experts is not None and experts.expert_intermediate_size % ways:
        return False
    dense = architecture.dense_intermediate_size
    if dense is not None and dense % tensor_parallel_size:
        return False
    if next(undivided_widths(architecture, settings, tensor_parallel_size), None) is not None:
        return False
    if next(undivided_tower(architecture, settings, tensor_parallel_size), None) is not None:
        return False
    return all(outcome.kind != "refused" for outcome in fp8_outcomes(architecture, settings))


def fp8_outcomes(architecture: ModelArchitecture, settings: EngineSettings) -> tuple[BlockOutcome, ...]:
    """Return what happens to the FP8 blocks of the experts and of the dense layers under these settings."""
    return judge_fp8_blocks(architecture, settings, expert_tensor_parallel_size(architecture, settings))


def join_sizes(sizes: Sequence[int]) -> str:
    """Write sizes for a message: "1, 2, 4"."""
    return ", ".join(str(size) for size in sizes)
