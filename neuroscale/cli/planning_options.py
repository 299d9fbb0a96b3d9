"""The options that `plan` and `render` share: what is asked of an endpoint, and what is on offer for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click
from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.cli.manifest_paths import STANDARD_INPUT, read_manifest_paths
from neuroscale.cli.price_book import read_price_book_file
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.planning.engine_choice import read_engine_version
from neuroscale.planning.node_supply import UnusableNodes, read_node_supply, usable_accelerators
from neuroscale.planning.plan import Demand, PlanningResult
from neuroscale.planning.planner import DEFAULT_ENGINE_VERSION, plan_serving
from neuroscale.prices.price import COMMITMENTS, DEFAULT_COMMITMENT, Commitment, PriceBook

_ABOVE_ZERO = click.FloatRange(min=0, min_open=True)

_OPTIONS = (
    click.option(
        "--accelerator",
        "accelerators",
        multiple=True,
        help="Kind on offer. Repeatable; default: all that are known, or all that the nodes have.",
    ),
    click.option(
        "--nodes",
        help='File or folder of Node objects whose accelerators are on offer; "-" takes what '
        "`kubectl get nodes -o yaml` prints.",
    ),
    click.option("--context-length", type=click.IntRange(min=1), help="Longest prompt plus answer, in tokens."),
    click.option(
        "--concurrency", type=click.IntRange(min=1), default=1, show_default=True, help="Requests at once."
    ),
    click.option(
        "--prompt-length",
        type=click.IntRange(min=1),
        help="Typical prompt, in tokens (default: what the answer leaves of the context, else half of it).",
    ),
    click.option(
        "--answer-length",
        type=click.IntRange(min=1),
        help="Typical answer, in tokens; requests at once are then as long as prompt and answer (default: the rest "
        "of the context).",
    ),
    click.option("--time-to-first-token", type=_ABOVE_ZERO, metavar="SECONDS", help="At most, without a queue."),
    click.option("--time-per-output-token", type=_ABOVE_ZERO, metavar="SECONDS", help="At most, of one answer."),
    click.option("--tokens-per-second", type=_ABOVE_ZERO, help="Output tokens of the whole endpoint, at least."),
    click.option("--engine", default=f"vllm@{DEFAULT_ENGINE_VERSION}", show_default=True, help="ENGINE@VERSION."),
    click.option("--kv-cache-dtype", help="As the engine takes it, e.g. fp8; never chosen unasked."),
    click.option("--quantization", help="As the engine takes it; never chosen unasked."),
    click.option(
        "--prices",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The platform's price book; without one plans are ranked by accelerator memory.",
    ),
    click.option("--region", help="Region whose prices hold where the book states any; needs --prices."),
    click.option(
        "--commitment",
        type=click.Choice(COMMITMENTS),
        default=DEFAULT_COMMITMENT,
        show_default=True,
        help="As bought.",
    ),
)


@dataclass(frozen=True, slots=True)
class PlanningChoices:
    """What the options ask for.

    Attributes:
        demand: What the endpoint must do.
        accelerators: What is on offer.
        engine_version: The release to plan for.
        prices: The platform's prices; None without a price book.
        region: Where they hold.
        commitment: How accelerators are bought.
        unusable: Nodes whose accelerators no plan can use.
    """

    demand: Demand
    accelerators: tuple[Accelerator, ...]
    engine_version: Version
    prices: PriceBook | None
    region: str | None
    commitment: Commitment
    unusable: tuple[UnusableNodes, ...] = ()

    def plans_for(self, architecture: ModelArchitecture, least_replicas: int = 1) -> PlanningResult:
        """Return the plans; raises what `plan_serving` raises."""
        return plan_serving(
            architecture,
            replace(self.demand, least_replicas=least_replicas),
            self.accelerators,
            self.engine_version,
            self.prices,
            self.region,
            self.commitment,
        )


def planning_choices(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which is given them as one argument, `choices`."""

    @wraps(command)
    def with_choices(
        *,
        accelerators: tuple[str, ...],
        nodes: str | None,
        context_length: int | None,
        concurrency: int,
        prompt_length: int | None,
        answer_length: int | None,
        time_to_first_token: float | None,
        time_per_output_token: float | None,
        tokens_per_second: float | None,
        engine: str,
        kv_cache_dtype: str | None,
        quantization: str | None,
        prices: Path | None,
        region: str | None,
        commitment: Commitment,
        **others: Any,
    ) -> Any:
        if nodes == STANDARD_INPUT == others.get("model"):
            raise click.UsageError('only one of MODEL and --nodes can be "-"')
        if region is not None and prices is None:
            raise click.UsageError("--region needs --prices")
        if commitment != DEFAULT_COMMITMENT and prices is None:
            raise click.UsageError("--commitment needs --prices")
        offered, unusable = _offered(accelerators, nodes)
        choices = PlanningChoices(
            demand=Demand(
                context_length_tokens=context_length,
                concurrent_requests=concurrency,
                time_to_first_token_seconds=time_to_first_token,
                time_per_output_token_seconds=time_per_output_token,
                tokens_per_second=tokens_per_second,
                prompt_tokens=prompt_length,
                answer_tokens=answer_length,
                kv_cache_data_type=kv_cache_dtype,
                quantization=quantization,
            ),
            accelerators=offered,
            engine_version=read_engine_version(engine),
            prices=None if prices is None else read_price_book_file(prices),
            region=region,
            commitment=commitment,
            unusable=unusable,
        )
        return command(choices=choices, **others)

    decorated: Callable[..., Any] = with_choices
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def _offered(names: Sequence[str], nodes: str | None) -> tuple[tuple[Accelerator, ...], tuple[UnusableNodes, ...]]:
    """Return the accelerators with these names, of the nodes if any are given; all of them without names.

    Raises:
        InvalidInputError: A name is not known, or no node has it; the message lists those that there are.
        NoPlanError: The nodes offer nothing that can be used.
    """
    named = tuple(accelerator_by_name(name) for name in names)
    if nodes is None:
        return named or tuple(load_accelerators().values()), ()
    supply = read_node_supply(read_manifest_paths((nodes,)))
    present = {accelerator.name: accelerator for accelerator in usable_accelerators(supply)}
    for name in names:
        if name not in present:
            raise InvalidInputError(
                f"no node offers {name}", field="--accelerator", fix=f"the nodes offer {', '.join(present)}"
            )
    return tuple(present[name] for name in (names or present)), supply.unusable
