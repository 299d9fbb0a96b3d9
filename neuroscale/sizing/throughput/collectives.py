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
    PRUDENT_PCIE_PAIR_SHARE,
    PRUDENT_PCIE_SHARE,
)
from neuroscale.sizing.throughput.estimate import SecondsBounds


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
        share = PRUDENT_PCIE_PAIR_SHARE if ranks <= 2 else PRUDENT_PCIE_SHARE
        peak = accelerator.pcie_bytes_per_second
        return Link(peak, peak * share, LEAST_COLLECTIVE_SECONDS, PRUDENT_PCIE_COLLECTIVE_SECONDS)
    return Link(
        MOST_NETWORK_BYTES_PER_SECOND,
        PRUDENT_NETWORK_BYTES_PER_SECOND,
        LEAST_COLLECTIVE_SECONDS,
        PRUDENT_NETWORK_COLLECTIVE_SECONDS,
    )


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
    settings: EngineSettings,
    accelerator: Accelerator,
    hidden_size: int,
    layers: tuple[float, float],
    expert_layers: tuple[float, float],
    experts_per_token: int,
    tokens: float,
) -> SecondsBounds:
    """Return the communication of one pipeline stage in one step of `tokens` tokens per data-parallel rank.

    Two all-reduces of the residual stream per layer over the tensor-parallel ranks. Where data-parallel ranks share
    the experts, each layer with experts gathers the tokens of all ranks and scatters the results, or sends every
    token to the ranks of its experts and back: the lesser of the two in 8 bits at the least, the former in 16 bits
    at the most. Handing over to the next stage is one message.

    Args:
        settings: Parallel sizes.
        accelerator: Whose links they are.
        hidden_size: Width of the residual stream.
        layers: Of the stage: the mean, and the most.
        expert_layers: Those of them with routed experts.
        experts_per_token: Experts that the router chooses for a token.
        tokens: Of the step, per data-parallel rank.

    Source: vLLM 0.33.0, documentation pages "Expert Parallel Deployment" and "Data Parallel Deployment".
    """
    tensor = settings.tensor_parallel_size
    message = tokens * hidden_size * 2
    reduce = all_reduce_seconds(link_between(accelerator, tensor), tensor, message)
    optimistic = 2 * layers[0] * reduce.optimistic_seconds
    pessimistic = 2 * layers[1] * reduce.pessimistic_seconds
    sharing = settings.data_parallel_size if settings.engine != "sglang" else 1
    if sharing > 1 and expert_layers[1] > 0:
        ranks = tensor * sharing
        link = link_between(accelerator, ranks)
        gathered = tokens * sharing * hidden_size
        sent = tokens * experts_per_token * hidden_size / tensor
        exchange = exchange_seconds(link, ranks, min(gathered, sent), 2 * gathered)
        optimistic += 2 * expert_layers[0] * exchange.optimistic_seconds
        pessimistic += 2 * expert_layers[1] * exchange.pessimistic_seconds
    if settings.pipeline_parallel_size > 1:
        link = link_between(accelerator, settings.world_size)
        optimistic += message / tensor / link.most_bytes_per_second
        pessimistic += link.prudent_seconds + message / link.prudent_bytes_per_second
    return SecondsBounds(optimistic, pessimistic)
