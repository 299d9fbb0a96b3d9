"""What the work of a token takes on one accelerator: rates that depend on neither batch nor context."""

from dataclasses import dataclass
from functools import lru_cache

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.sizing.memo_keys import SameObject
from neuroscale.sizing.throughput.arithmetic import arithmetic_seconds, half_precision_flops
from neuroscale.sizing.throughput.assumptions import PRUDENT_ARITHMETIC_SHARE, PRUDENT_EXPERT_ARITHMETIC_SHARE
from neuroscale.sizing.throughput.collectives import communication_seconds
from neuroscale.sizing.throughput.estimate import SecondsBounds
from neuroscale.sizing.throughput.rank_work import RankWork, rank_work

_NOTHING = SecondsBounds(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class RankRates:
    """What the work of one accelerator takes.

    Attributes:
        work: The work.
        half_flops: Peak of the accelerator in 16 bits.
        steady: Matrix products of one token of this rank, the output head left out.
        head: The output head for one token.
        routed: The routed experts for one token of any rank that feeds them.
        communication: Of one step of one pipeline stage, however few the tokens.
        communication_per_token: Of every token of the step on this data-parallel rank.
        communication_per_routed_token: Of every token of any data-parallel rank that shares the experts.
    """

    work: RankWork
    half_flops: float
    steady: SecondsBounds
    head: SecondsBounds
    routed: SecondsBounds
    communication: SecondsBounds
    communication_per_token: SecondsBounds
    communication_per_routed_token: SecondsBounds

    def communication_seconds(self, tokens: float, routed_tokens: float) -> SecondsBounds:
        """Return the communication of one pipeline stage in a step of so many tokens of this and of all ranks."""
        fixed, own, routed = (
            self.communication,
            self.communication_per_token,
            self.communication_per_routed_token,
        )
        return SecondsBounds(
            fixed.optimistic_seconds + tokens * own.optimistic_seconds + routed_tokens * routed.optimistic_seconds,
            fixed.pessimistic_seconds
            + tokens * own.pessimistic_seconds
            + routed_tokens * routed.pessimistic_seconds,
        )


def rank_rates(
    architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator
) -> RankRates | None:
    """Return what the work of one accelerator takes; None when the work or the arithmetic is not known.

    It is kept for the objects given, which are not to be changed.
    """
    return _rank_rates(SameObject(architecture), SameObject(settings), SameObject(accelerator))


# A planner asks for many batches of one layout; few objects are kept, as architectures are large.
@lru_cache(maxsize=256)
def _rank_rates(
    architecture: SameObject[ModelArchitecture],
    settings: SameObject[EngineSettings],
    accelerator: SameObject[Accelerator],
) -> RankRates | None:
    work = rank_work(architecture.value, settings.value)
    half_flops = half_precision_flops(accelerator.value)
    if work is None or half_flops is None:
        return None
    device = accelerator.value
    # Every message grows with the tokens of the step, so that communication is linear in them.
    fixed, own, routed = (
        communication_seconds(work, settings.value, device, *tokens) for tokens in ((0, 0), (1, 0), (0, 1))
    )
    return RankRates(
        work=work,
        half_flops=half_flops,
        steady=arithmetic_seconds(work.steady, device, half_flops, PRUDENT_ARITHMETIC_SHARE),
        head=arithmetic_seconds((work.head,), device, half_flops, PRUDENT_ARITHMETIC_SHARE),
        routed=_NOTHING
        if work.routed is None
        else arithmetic_seconds((work.routed,), device, half_flops, PRUDENT_EXPERT_ARITHMETIC_SHARE),
        communication=fixed,
        communication_per_token=_difference(own, fixed),
        communication_per_routed_token=_difference(routed, fixed),
    )


def _difference(one: SecondsBounds, other: SecondsBounds) -> SecondsBounds:
    return SecondsBounds(
        one.optimistic_seconds - other.optimistic_seconds, one.pessimistic_seconds - other.pessimistic_seconds
    )
