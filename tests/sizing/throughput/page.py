"""The published page of measured and predicted speeds: `python -m tests.sizing.throughput.page --write PAGE`."""

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.sizing.throughput.measured import (
    Measurement,
    document,
    measurement_files,
    measurements,
    predicted,
)
from tests.sizing.throughput.ratios import Pair, all_pairs, mixtures_beside_dense_models

PAGE = Path(__file__).parents[3] / "docs" / "throughput-measurements.md"
_INTRODUCTION = """# Throughput: measured and predicted

Published speeds of real deployments beside the range that the throughput model predicts for the same model,
accelerator, parallel size, batch and lengths. The constants of the model are the same for all of them. What an
engine adds to every layer was chosen with the InferenceX figures in view; the shares of the peaks come from
measurements of single kernels, and no range was widened for a single figure. Figures outside are listed with the
reason as far as it is known.

The predicted range begins at what the data sheets allow at best, with everything overlapping, and ends at what is
prudent to plan for. A *request* is timed from its prompt to its last token, alone; *first token* is the prefill of
one prompt alone; a *batch* runs from its prompts to its last tokens; *per token* is the mean time between two
tokens of an answer while so many requests are served, prompts of others included.

This page is generated: `python -m tests.sizing.throughput.page --write docs/throughput-measurements.md`.
"""
_RATIOS = """How many times as fast a mixture is as a dense model of about its size or smaller, on the same
accelerators, in the same engine and under the same load. The middle is the ratio of the middles of both ranges."""
_TELLING_RATIO = 1.25
_MEASURED = {
    "request": "request",
    "prefill": "first token",
    "batch": "batch",
    "time-per-output-token": "per token",
}


def page() -> str:
    """Return the page as Markdown."""
    every = [each for path in measurement_files() for each in measurements(path)]
    parts = [_INTRODUCTION, _summary(every), _ratios(), *(_section(path) for path in measurement_files())]
    return "\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or check that it is up to date; return 1 when it is not."""
    parser = argparse.ArgumentParser(prog="page", description="Write or check the page of measured speeds.")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", type=Path, metavar="PAGE", help="write this page")
    action.add_argument("--check", type=Path, metavar="PAGE", help="fail unless this page is up to date")
    options = parser.parse_args(arguments)
    if options.write:
        options.write.write_text(page(), encoding="utf-8")
        return 0
    if options.check.read_text(encoding="utf-8") != page():
        sys.stderr.write(f"{options.check} differs from the model; write it anew\n")
        return 1
    return 0


def _summary(every: Sequence[Measurement]) -> str:
    inside = sum(each.is_inside for each in every)
    widths = [predicted(each).pessimistic_seconds / predicted(each).optimistic_seconds for each in every]
    faster = sum(each.seconds < predicted(each).optimistic_seconds for each in every)
    return (
        f"Of {len(every)} figures {inside} are inside, {faster} are faster than the range and "
        f"{len(every) - inside - faster} slower. The high end of a range is {statistics.median(widths):.1f} times "
        f"its low end in the median, and {statistics.quantiles(widths, n=10)[-1]:.1f} times at the 90th "
        "percentile.\n"
    )


def _ratios() -> str:
    pairs = mixtures_beside_dense_models()
    ordered = all_pairs(_TELLING_RATIO)
    right = sum(pair.middle > 1 for pair in ordered)
    order = (
        f"Of {len(ordered)} pairs of any models and formats of which one is at least {_TELLING_RATIO} times as "
        "fast on the same accelerators and under the same load, the middles of the ranges tell the faster one of "
        f"{right}."
    )
    lines = [
        "## Mixtures beside dense models",
        "",
        _RATIOS,
        "",
        "| Mixture | Dense model | Accelerator | TP | Engine | Requests | Tokens | Measured | Middle | Range | |",
        "| --- | --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |",
        *(_ratio_row(pair) for pair in pairs),
        "",
        order,
        "",
    ]
    return "\n".join(lines)


def _ratio_row(pair: Pair) -> str:
    mixture, dense = pair.faster, pair.slower
    is_inside = pair.least <= pair.measured <= pair.most
    cells = (
        _model(mixture),
        _model(dense),
        mixture.accelerator,
        str(mixture.tensor_parallel_size),
        mixture.engine.partition(" ")[0],
        str(mixture.requests),
        f"{mixture.prompt_tokens} + {mixture.output_tokens}",
        f"{pair.measured:.1f}",
        f"{pair.middle:.1f}",
        f"{pair.least:.1f} to {pair.most:.1f}",
        "inside" if is_inside else "**outside**",
    )
    return "| " + " | ".join(cells) + " |"


def _model(measurement: Measurement) -> str:
    return measurement.model + (f" ({measurement.weights})" if measurement.weights else "")


def _section(path: Path) -> str:
    content = document(path)
    rows = measurements(path)
    inside = sum(each.is_inside for each in rows)
    lines = [
        f"## {path.stem}",
        "",
        f"{content['note']} Source: <{content['source']}>. {inside} of {len(rows)} are inside.",
        "",
        "| Model | Accelerator | Ranks | Engine | Requests | Tokens | What | Published | Measured | Range | |",
        "| --- | --- | ---: | --- | ---: | ---: | --- | --- | ---: | ---: | --- |",
        *(_row(each) for each in rows),
        "",
    ]
    for name, reason in content.get("reasons", {}).items():
        lines += [f"*{name}*: {reason}", ""]
    return "\n".join(lines)


def _row(measurement: Measurement) -> str:
    bounds = predicted(measurement)
    experts = " EP" if measurement.expert_parallel else ""
    copies = " DP attention" if measurement.attention_data_parallel else ""
    ranks = f"DP {measurement.data_parallel_size}" if measurement.data_parallel_size > 1 else ""
    cells = (
        _model(measurement),
        measurement.accelerator,
        f"{ranks or measurement.tensor_parallel_size}{experts}{copies}",
        measurement.engine + (" (eager)" if measurement.eager else ""),
        str(measurement.requests),
        f"{measurement.prompt_tokens} + {measurement.output_tokens}",
        _MEASURED[measurement.measured],
        measurement.published,
        _seconds(measurement.seconds),
        f"{_seconds(bounds.optimistic_seconds)} to {_seconds(bounds.pessimistic_seconds)}",
        "inside" if measurement.is_inside else f"**outside** ({measurement.outside})",
    )
    return "| " + " | ".join(cells) + " |"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
