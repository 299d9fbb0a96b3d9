"""The table of observations: `python -m tests.sizing.observations.table`, and `--write PAGE` or `--check PAGE`."""

import argparse
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.sizing.observations import comparison
from tests.sizing.observations.comparison import Interval
from tests.sizing.observations.records import FILES, Observation, document, observations

PAGE = Path(__file__).parents[3] / "docs" / "memory-observations.md"
_INTRODUCTION = """# Memory: observed and predicted

What engines printed when they started real deployments, beside what the memory model says of the same ones. Weights
and cache have no fitted constant. The constants of profiling (bytes per logit, memory outside PyTorch, CUDA graphs)
follow from the engine's code and were chosen with these figures in view. Nothing that differs is left out: what is
not explained is listed with the reason, as far as it is known.

- **Weights**: per accelerator, in GiB, with both bounds. The lower one counts every weight once and nothing else;
  denials rest on it. The upper one is what to plan for: padding, copies, rotary tables, rests of allocations.
- **Profiling**: the peak of activations and what is outside PyTorch, together, and the range of the model.
- **Cache**: memory left for the KV cache of one accelerator.
- **Concurrency**: requests of the stated length that fit, as the engine derives it from groups and blocks of its
  layers. The prediction divides the printed memory by the bytes that the model reserves for one request; its range
  is that of the digits which are not printed.
- **Fits**: what the model says before the start, and whether that was right: a deployment that started is never
  said to be impossible, and one that failed never promised.

This page is generated: `python -m tests.sizing.observations.table --write docs/memory-observations.md`.
"""
_NOT_SHOWN = ("--max-num-batched-tokens", "--gpu-memory-utilization", "--mem-fraction-static", "--no-enable-prefix")
_HEAD = (
    "| deployment | weights | lower to upper | off by | profiling | range | cache | range | concurrency "
    "| predicted | fits |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|"
)


def page() -> str:
    """Return the page as Markdown."""
    every = [each for file in FILES for each in observations(file)]
    sections = [_section(file) for file in FILES]
    return "\n".join((_INTRODUCTION, _summary(every), *sections, _unexplained(every)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the page, write it, or check that it is up to date; return 1 when it is not."""
    parser = argparse.ArgumentParser(prog="table", description="Print, write or check the table of observations.")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--write", type=Path, metavar="PAGE", help="write this page")
    action.add_argument("--check", type=Path, metavar="PAGE", help="fail unless this page is up to date")
    options = parser.parse_args(arguments)
    if options.write:
        options.write.write_text(page(), encoding="utf-8")
    elif options.check:
        if options.check.read_text(encoding="utf-8") != page():
            sys.stderr.write(f"{options.check} differs from the model; write it anew\n")
            return 1
    else:
        sys.stdout.write(page())
    return 0


def _summary(every: Sequence[Observation]) -> str:
    weights = [
        abs(comparison.weights_gib(each).distance(each.observed["weights_gib"]))
        for each in _with(every, "weights_gib")
    ]
    widths = [
        comparison.weights_gib(each).most / comparison.weights_gib(each).least - 1
        for each in _with(every, "weights_gib")
    ]
    derived = [
        _holds(comparison.concurrency(each), each.observed["concurrency"])
        for each in _with(every, "concurrency", "kv_cache_gib")
    ]
    verdicts = [verdict for each in every if (verdict := comparison.fits(each)) is not None]
    models = len({each.model for each in every})
    return (
        f"{len(every)} deployments of {models} models. Weights: within the bounds, or at most {max(weights):.2%} "
        f"outside, in all {len(weights)}; the bounds are {statistics.median(widths):.1%} apart in the median. "
        f"Concurrency: exact in {sum(derived)} of {len(derived)}. "
        f"Fits: right in {sum(verdict.is_right for verdict in verdicts)} of {len(verdicts)}.\n"
    )


def _section(file: str) -> str:
    rows = "\n".join(_row(each) for each in observations(file))
    return f"{document(file)['measured']}\n\n{_HEAD}\n{rows}\n"


def _row(observation: Observation) -> str:
    verdict = comparison.fits(observation)
    outcome = "" if observation.outcome in {"started", "loaded"} else f"; {observation.outcome}"
    cells = (
        _deployment(observation),
        *_compared(observation, "weights_gib", comparison.weights_gib, with_distance=True),
        *_profiling(observation),
        *_compared(observation, "kv_cache_gib", comparison.kv_cache_gib),
        *_derived(observation),
        "" if verdict is None else f"{verdict.says}{outcome}: {'right' if verdict.is_right else '**wrong**'}",
    )
    return f"| {' | '.join(cells)} |"


def _deployment(observation: Observation) -> str:
    name = (observation.checkpoint or observation.model).split("/")[-1]
    release = f" {observation.version}" if observation.version else ""
    where = f", {observation.accelerator}" if observation.accelerator else ""
    options = " ".join(
        argument.removeprefix("--") for argument in observation.arguments if not argument.startswith(_NOT_SHOWN)
    )
    told = f", {options}" if options else ""
    return f"[{name}]({observation.source}), {observation.engine}{release}{where}{told}"


def _compared(
    observation: Observation,
    figure: str,
    predict: Callable[[Observation], Interval | None],
    *,
    with_distance: bool = False,
) -> tuple[str, ...]:
    observed = observation.observed.get(figure)
    predicted = None if observed is None else predict(observation)
    if observed is None or predicted is None:
        return ("" if observed is None else f"{observed:.2f}", "", *([""] if with_distance else []))
    mark = " (unexplained)" if figure in observation.unexplained else ""
    bounds = f"{predicted.least:.2f} to {predicted.most:.2f}{mark}"
    if not with_distance:
        return f"{observed:.2f}", bounds
    distance = predicted.distance(observed)
    return f"{observed:.2f}", bounds, f"{distance:+.2%}" if distance else "0"


def _profiling(observation: Observation) -> tuple[str, str]:
    if "activation_gib" not in observation.observed:
        return "", ""
    observed = observation.observed["activation_gib"] + observation.observed["outside_torch_gib"]
    predicted = comparison.activation_gib(observation)
    return f"{observed:.2f}", f"{predicted.least:.2f} to {predicted.most:.2f}"


def _derived(observation: Observation) -> tuple[str, str]:
    observed = observation.observed
    if "attention_block_tokens" in observed:
        return f"blocks of {observed['attention_block_tokens']}", f"{comparison.attention_block(observation)}"
    if "request_gib" in observed:
        length = f"{observed['request_gib']:.2f} GiB for {observed['maximum_tokens']:,}"
        return length, f"{comparison.request_gib(observation).most:.2f} GiB"
    if "concurrency" in observed:
        predicted = comparison.concurrency(observation)
        mark = " (unexplained)" if "concurrency" in observation.unexplained else ""
        length = f"{observed['concurrency']:.2f} of {observed['maximum_tokens']:,}"
        return length, f"{predicted.least:.2f} to {predicted.most:.2f}{mark}"
    if "kv_cache_tokens" in observed:
        reported, bytes_per_token = comparison.bytes_per_token(observation)
        mark = " (unexplained)" if "concurrency" in observation.unexplained else ""
        return f"{reported.least:,.0f} to {reported.most:,.0f} B per token", f"{bytes_per_token:,} B{mark}"
    return "", ""


def _unexplained(every: Iterable[Observation]) -> str:
    lines = [
        f"- {_deployment(each)}: {figure.removesuffix('_gib').replace('_', ' ')}. {reason}"
        for each in every
        for figure, reason in each.unexplained.items()
    ]
    notes = [f"- {_deployment(each)}: {each.note}" for each in every if each.note]
    return "\n".join(("## Not explained\n", *lines, "\n## Notes\n", *notes, ""))


def _with(every: Iterable[Observation], *figures: str) -> list[Observation]:
    return [
        each
        for each in every
        if all(figure in each.observed for figure in figures) and not set(figures) & each.unexplained.keys()
    ]


def _holds(predicted: Interval, observed: float) -> bool:
    return predicted.least * (1 - 1e-4) - 0.01 <= observed <= predicted.most + 0.01


if __name__ == "__main__":
    raise SystemExit(main())
