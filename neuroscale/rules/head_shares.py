"""How an engine cuts attention heads over its ranks, for the rules that ask whether the cut is even."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.parallel_facts import insists_on_whole_heads, insists_on_whole_kv_heads
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.tensorrt_llm import TENSOR_PARALLEL as TENSORRT_LLM_TENSOR_PARALLEL
from neuroscale.engines.text_generation_inference import NUMBER_OF_SHARDS
from neuroscale.rules import sglang, tensorrt_llm, text_generation_inference, vllm
from neuroscale.rules.divisibility import copies_kv_heads, join_sizes, kv_head_counts, undivided_heads, valid_sizes
from neuroscale.rules.finding import MissingFact, Severity
from neuroscale.rules.places import option_name
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import unknown_options

_LARGEST_SIZE_TRIED = 64


@dataclass(frozen=True, slots=True)
class HeadShare:
    """The cut that one engine makes.

    Attributes:
        engine: What to call the engine.
        settings: How it is started.
        ways: Over how many ranks the heads are cut.
        size: What to call that number, e.g. "tensor parallel size 8".
        option: The option that sets the tensor parallel size.
        options: Every option that decides the number.
        refusal: The engine's error about the stated heads, with `{heads}` and `{ways}` in it; empty where the
            model's constructor fails with a bare assertion.
        asserts_heads: Whether a model's class is known to insist on an even cut of the query heads.
        asserts_kv_heads: Whether it is known to insist on an even cut, or even copies, of the KV heads; None for an
            engine that shares any number of them.
        kv_refusal: Its error about them, with `{kv_heads}` and `{ways}` in it; empty for a bare assertion.
        copies_kv_heads: Whether ranks may outnumber the KV heads, which are then copied.
        valid: The tensor parallel sizes that no rule denies.
        unknown: Yields why the number cannot be known.
    """

    engine: str
    settings: EngineSettings
    ways: int
    size: str
    option: str
    options: tuple[str, ...]
    refusal: str
    asserts_heads: Callable[[ModelArchitecture], bool]
    asserts_kv_heads: Callable[[ModelArchitecture], bool] | None
    valid: Callable[[ModelArchitecture, EngineSettings], tuple[int, ...]]
    unknown: Callable[..., Iterator[MissingFact]] = unknown_options
    kv_refusal: str = ""
    copies_kv_heads: bool = True

    def fix(self, deployment: Deployment, architecture: ModelArchitecture) -> str:
        """Name the sizes to take instead; empty when there is none."""
        valid = self.valid(architecture, self.settings)
        return f"set {option_name(deployment.workload, self.option)} to one of {join_sizes(valid)}" if valid else ""


def head_share(deployment: Deployment) -> HeadShare | None:
    """Return how the heads of a deployment are cut; None for an engine whose cut is not known."""
    readers = (_of_vllm, _of_sglang, _of_tensorrt_llm, _of_text_generation_inference)
    return next((share for read in readers if (share := read(deployment)) is not None), None)


def unread_class(deployment: Deployment, share: HeadShare) -> Iterator[MissingFact]:
    """Yield that nothing is known about how an engine's class for this model cuts heads."""
    model = deployment.workload.model
    yield MissingFact(
        model.path if model else deployment.workload.container_path,
        f"how {share.engine} cuts the heads of this model's class was not read",
        severity=Severity.INFO,
    )


def _always(_: ModelArchitecture) -> bool:
    return True


def _of_vllm(deployment: Deployment) -> HeadShare | None:
    settings = vllm.vllm_settings(deployment)
    if settings is None:
        return None
    size = settings.tensor_parallel_size
    architecture = deployment.architecture
    copies = architecture is None or copies_kv_heads(architecture)
    return HeadShare(
        engine="vLLM",
        settings=settings,
        ways=size,
        size=f"tensor parallel size {size}",
        option=vllm.TENSOR_PARALLEL,
        options=(vllm.TENSOR_PARALLEL,),
        refusal="Total number of attention heads ({heads}) must be divisible by tensor parallel size ({ways}).",
        asserts_heads=_always,
        asserts_kv_heads=_always,
        valid=valid_sizes,
        kv_refusal="" if copies else "integer modulo by zero",
        copies_kv_heads=copies,
    )


def _of_sglang(deployment: Deployment) -> HeadShare | None:
    settings = sglang.sglang_settings(deployment)
    if settings is None:
        return None
    size, copies = settings.tensor_parallel_size, sglang.attention_copies(settings)
    if size % copies:
        # The sizes contradict each other, which is what has to be said first.
        return None
    shared = f"tensor parallel size {size // copies} of each copy of the attention ({size} / {copies})"
    return HeadShare(
        engine="SGLang",
        settings=settings,
        ways=size // copies,
        size=shared if copies > 1 else f"tensor parallel size {size}",
        option=sglang.TENSOR_PARALLEL,
        options=sglang.ATTENTION_OPTIONS,
        refusal="",
        asserts_heads=sglang.shares_whole_heads,
        asserts_kv_heads=sglang.shares_whole_heads,
        valid=sglang.valid_tensor_parallel_sizes,
    )


def _of_tensorrt_llm(deployment: Deployment) -> HeadShare | None:
    settings = tensorrt_llm.tensorrt_llm_settings(deployment)
    if settings is None:
        return None
    size = settings.attention_tensor_parallel_size

    def asserts(architecture: ModelArchitecture) -> bool:
        return insists_on_whole_heads("tensorrt-llm", architecture.class_names, settings.version)

    def valid(architecture: ModelArchitecture, _: EngineSettings) -> tuple[int, ...]:
        groups = settings.expert_parallel_size or 1
        return tuple(each for each in _sizes_of_heads(architecture) if each % groups == 0)

    return HeadShare(
        engine="TensorRT-LLM",
        settings=settings,
        ways=size,
        size=f"tensor parallel size {size}",
        option=TENSORRT_LLM_TENSOR_PARALLEL,
        options=tensorrt_llm.SIZES,
        refusal="",
        asserts_heads=asserts,
        # The share of the KV heads is rounded up.
        asserts_kv_heads=None,
        valid=valid,
        unknown=tensorrt_llm.unknown_sizes,
    )


def _of_text_generation_inference(deployment: Deployment) -> HeadShare | None:
    settings = text_generation_inference.text_generation_inference_settings(deployment)
    if settings is None:
        return None
    size = settings.tensor_parallel_size

    def asserts(architecture: ModelArchitecture) -> bool:
        return insists_on_whole_heads("text-generation-inference", architecture.class_names, settings.version)

    classes = () if deployment.architecture is None else deployment.architecture.class_names
    insists = insists_on_whole_kv_heads("text-generation-inference", classes, settings.version)

    def valid(architecture: ModelArchitecture, _: EngineSettings) -> tuple[int, ...]:
        attention = architecture.attention
        kv_heads = kv_head_counts(attention) if attention is not None else ()
        sizes = _sizes_of_heads(architecture)
        return tuple(each for each in sizes if not any(count % each for count in kv_heads))

    return HeadShare(
        engine="Text Generation Inference",
        settings=settings,
        ways=size,
        size=f"the number of shards {size}",
        option=NUMBER_OF_SHARDS,
        options=(NUMBER_OF_SHARDS,),
        refusal="`num_heads` must be divisible by `num_shards` (got `num_heads`: {heads} and `num_shards`: {ways}",
        asserts_heads=asserts,
        # What becomes of KV heads in other classes was not read.
        asserts_kv_heads=_always if insists else None,
        valid=valid,
        unknown=_unknown_shards,
        kv_refusal=(
            "`num_key_value_heads` must be divisible by `num_shards` (got `num_key_value_heads`: {kv_heads} "
            "and `num_shards`: {ways}"
        ),
        copies_kv_heads=False,
    )


def _unknown_shards(deployment: Deployment, *_: str) -> Iterator[MissingFact]:
    return text_generation_inference.unknown_shards(deployment)


def _sizes_of_heads(architecture: ModelArchitecture) -> tuple[int, ...]:
    """Return the sizes that divide the query heads of every layer."""
    attention = architecture.attention
    if attention is None:
        return ()
    return tuple(size for size in range(1, _LARGEST_SIZE_TRIED + 1) if not undivided_heads(attention, size))
