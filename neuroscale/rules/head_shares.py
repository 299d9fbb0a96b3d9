"""How an engine cuts attention heads over its ranks, for the rules that ask whether the cut is even."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.rules import sglang, vllm
from neuroscale.rules.divisibility import join_sizes, valid_sizes
from neuroscale.rules.finding import MissingFact, Severity
from neuroscale.rules.places import option_name
from neuroscale.rules.subject import Deployment


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
        checks_configuration: Whether the engine compares the stated heads with the size before it builds the model,
            with an error of its own.
        asserts_heads: Whether a model's class is known to insist on an even cut.
        valid: The tensor parallel sizes that no rule denies.
    """

    engine: str
    settings: EngineSettings
    ways: int
    size: str
    option: str
    options: tuple[str, ...]
    checks_configuration: bool
    asserts_heads: Callable[[ModelArchitecture], bool]
    valid: Callable[[ModelArchitecture, EngineSettings], tuple[int, ...]]

    def fix(self, deployment: Deployment, architecture: ModelArchitecture) -> str:
        """Name the sizes to take instead; empty when there is none."""
        valid = self.valid(architecture, self.settings)
        return f"set {option_name(deployment.workload, self.option)} to one of {join_sizes(valid)}" if valid else ""


def head_share(deployment: Deployment) -> HeadShare | None:
    """Return how the heads of a deployment are cut; None for an engine whose cut is not known."""
    return next((share for read in (_of_vllm, _of_sglang) if (share := read(deployment)) is not None), None)


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
    return HeadShare(
        engine="vLLM",
        settings=settings,
        ways=size,
        size=f"tensor parallel size {size}",
        option=vllm.TENSOR_PARALLEL,
        options=(vllm.TENSOR_PARALLEL,),
        checks_configuration=True,
        asserts_heads=_always,
        valid=valid_sizes,
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
        checks_configuration=False,
        asserts_heads=sglang.shares_whole_heads,
        valid=sglang.valid_tensor_parallel_sizes,
    )
