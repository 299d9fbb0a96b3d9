"""What communication between the accelerators of a deployment takes."""

from dataclasses import dataclass

from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.sizing.throughput.assumptions import (
    LEAST_COLLECTIVE_SECONDS,
    MOST_NETWORK_BYTES_PER_SECOND,
    PRUDENT_LINK_COLLECTIVE_SECONDS,
    PRUDENT_LINK_SHARE,
    PRUDENT_NETWORK_BYTES_PER_SECOND,
    PRUDENT_NETWORK_COLLECTIVE_SECONDS,
    PRUDENT_PCIE_COLLECTIVE_SECONDS,
    PRUDENT_PCIE_FOUR_SHARE,
    PRUDENT_PCIE_PAIR_SHARE,
    PRUDENT_PCIE_SHARE,
)
from neuroscale.sizing.throughput.estimate import SecondsBounds
from neuroscale.sizing.throughput.rank_work import RankWork


@dataclass(frozen=True, slots=True)
class Link:
    """What joins a group of ranks: the slowest part of the way between any two of them.

    Attributes:
        most_bytes_per_second: Peak per accelerator, one direction.
        prudent_bytes_per_second: What large messages achieve.
        least_seconds: Of a collective, however small: the least measured.
        prudent_seconds: Of a collective, however small: what to plan for.
    """

    most_bytes_per_second: float
    prudent_bytes_per_second: float
    least_seconds: float
    prudent_seconds: float


def link_between(accelerator: Accelerator, ranks: int) -> Link:
    """Return what joins `ranks` neighbouring accelerators: their link as far as it reaches, PCIe, or the network.

    The link between nodes counts where it joins more accelerators than a node holds; beyond both, the network does,
    whose bandwidth is assumed.
    """
    linked = accelerator.interconnect_bytes_per_second
    joined = accelerator.interconnect_accelerators or 1
    if linked is not None and ranks <= joined:
        return Link(linked, linked * PRUDENT_LINK_SHARE, LEAST_COLLECTIVE_SECONDS, PRUDENT_LINK_COLLECTIVE_SECONDS)
    if ranks <= accelerator.accelerators_per_node:
        peak = accelerator.pcie_bytes_per_second
        return Link(peak, peak * _pcie_share(ranks), LEAST_COLLECTIVE_SECONDS, PRUDENT_PCIE_COLLECTIVE_SECONDS)
    return Link(
        MOST_NETWORK_BYTES_PER_SECOND,
        PRUDENT_NETWORK_BYTES_PER_SECOND,
        LEAST_COLLECTIVE_SECONDS,
        PRUDENT_NETWORK_COLLECTIVE_SECONDS,
    )


def _pcie_share(ranks: int) -> float:
    if ranks <= 2:
        return PRUDENT_PCIE_PAIR_SHARE
    return PRUDENT_PCIE_FOUR_SHARE if ranks <= 4 else PRUDENT_PCIE_SHARE


def all_reduce_seconds(link: Link, ranks: int, message_bytes: float) -> SecondsBounds:
    """Return the time of one all-reduce of `message_bytes` per rank; nothing for one rank.

    A ring sends 2 (n - 1) / n of the message over every link; switches that add up what passes through them halve
    it, which is the least.
    """
    if ranks == 1:
        return SecondsBounds(0.0, 0.0)
    sent = message_bytes * (ranks - 1) / ranks
    return SecondsBounds(
        link.least_seconds + sent / link.most_bytes_per_second,
        link.prudent_seconds + 2 * sent / link.prudent_bytes_per_second,
    )


def exchange_seconds(link: Link, ranks: int, least_bytes: float, most_bytes: float) -> SecondsBounds:
    """Return the time of one dispatch or combine, in which a rank sends or receives so many bytes."""
    if ranks == 1:
        return SecondsBounds(0.0, 0.0)
    away = (ranks - 1) / ranks
    return SecondsBounds(
        link.least_seconds + away * least_bytes / link.most_bytes_per_second,
        link.prudent_seconds + away * most_bytes / link.prudent_bytes_per_second,
    )


def communication_seconds(
    work: RankWork, settings: EngineSettings, accelerator: Accelerator, tokens: float, routed_tokens: float
) -> SecondsBounds:
    """Return the communication of one pipeline stage in one step.

    Two all-reduces of the residual stream per layer over the tensor-parallel ranks. Where several data-parallel
    ranks share the experts, the second is replaced in layers with experts: each rank gathers the tokens of all and
    scatters the results, or sends every token to the ranks of its experts and gets it back; the lesser of the two
    in 8 bits at the least, gathering in 16 bits at the most. Handing over to the next stage is one message.

    Args:
        work: Of the stage's accelerators.
        settings: Parallel sizes.
        accelerator: Whose links they are.
        tokens: Tokens of one data-parallel rank.
        routed_tokens: Tokens of all data-parallel ranks that share the experts.

    Source: vLLM 0.33.0, documentation pages "Expert Parallel Deployment" and "Data Parallel Deployment".
    """
    tensor = settings.tensor_parallel_size
    message = tokens * work.hidden_size * 2
    whole = all_reduce_seconds(link_between(accelerator, tensor), tensor, message)
    shares_experts = work.ranks_feeding_experts > 1 and work.expert_layers.most > 0
    if not shares_experts:
        optimistic = 2 * work.layers.least * whole.optimistic_seconds
        pessimistic = 2 * work.layers.most * whole.pessimistic_seconds
    else:
        attention_ranks = settings.attention_tensor_parallel_size
        attention = all_reduce_seconds(link_between(accelerator, attention_ranks), attention_ranks, message)
        gathered = routed_tokens * work.hidden_size
        # Where all ranks have as many tokens, each sends so much of what it would gather.
        sent_share = work.experts_per_token / attention_ranks / work.ranks_feeding_experts
        exchange = exchange_seconds(
            link_between(accelerator, work.expert_ranks),
            work.expert_ranks,
            min(1.0, sent_share) * gathered,
            2 * gathered,
        )
        dense_layers = max(0.0, work.layers.least - work.expert_layers.least)
        most_dense_layers = max(0.0, work.layers.most - work.expert_layers.most)
        optimistic = (
            work.layers.least * attention.optimistic_seconds
            + dense_layers * whole.optimistic_seconds
            + 2 * work.expert_layers.least * exchange.optimistic_seconds
        )
        pessimistic = (
            work.layers.most * attention.pessimistic_seconds
            + most_dense_layers * whole.pessimistic_seconds
            + 2 * work.expert_layers.most * exchange.pessimistic_seconds
        )
    if settings.pipeline_parallel_size > 1:
        link = link_between(accelerator, settings.world_size)
        optimistic += message / tensor / link.most_bytes_per_second
        pessimistic += link.prudent_seconds + message / link.prudent_bytes_per_second
    return SecondsBounds(optimistic, pessimistic)
