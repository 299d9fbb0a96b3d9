"""Record the counts of real builds: `python -m tests.architecture.model_builds.record [--examples N] [TYPE...]`.

Needs the dependency group `model-builds` of this project (torch and transformers), and for `--library vllm` an
environment with vLLM. Each model type is built at library defaults and at configurations that hypothesis draws, the
same ones in every run of one of its versions.
"""

import argparse
import copy
import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from tests.architecture.model_builds import build, build_vllm
from tests.architecture.model_builds.components import ComponentNames, count_components
from tests.architecture.model_builds.drawing import Builds, Config
from tests.architecture.model_builds.strategies import builds_by_model_type

BUILDERS = {"transformers": build, "vllm": build_vllm}
RECORDED = Path(__file__).parent / "recorded"
_DEFAULT_EXAMPLES = 24
_MOST_REFUSED_SHARE = 0.25
_NO_PARAMETERS = r"(correction|expert|router)_bias$|\.bias_vl$|\.weight_scale_inv$"


def main(arguments: Sequence[str] | None = None) -> int:
    """Record the model types that are named, or all; return 1 when a type could not be recorded."""
    parser = argparse.ArgumentParser(prog="record", description="Record the counts of real model builds.")
    parser.add_argument("model_types", nargs="*", metavar="TYPE", help="model types to record (default: all)")
    parser.add_argument("--examples", type=int, default=_DEFAULT_EXAMPLES, help="configurations per model type")
    parser.add_argument("--library", choices=BUILDERS, default="transformers", help="the library that builds")
    options = parser.parse_args(arguments)
    known = {name: builds for name, builds in builds_by_model_type().items() if builds.library == options.library}
    if unknown := set(options.model_types) - known.keys():
        parser.error(f"no strategy draws {', '.join(sorted(unknown))} for {options.library}")
    warnings.simplefilter("ignore")
    failed = 0
    for model_type in options.model_types or sorted(known):
        failed += not _record(model_type, known[model_type], options.examples)
    return 1 if failed else 0


def _record(model_type: str, builds: Builds, examples: int) -> bool:
    rows, refusals = [], []
    library = BUILDERS[builds.library]
    for config in _configs(model_type, builds, examples):
        try:
            stated = {**config, "architectures": [library.model_class_name(config)]}
            # Some classes change what they are given, down to its lists.
            counts = count_components(library.build_model(copy.deepcopy(stated)), _names(builds))
            rows.append({"config": stated, "counts": counts})
        except Exception as refusal:  # noqa: BLE001 - whatever a foreign class raises is its refusal
            refusals.append(f"{type(refusal).__name__}: {refusal}\n    {json.dumps(config)}")
    total = len(rows) + len(refusals)
    sys.stdout.write(f"{model_type}: {len(rows)} built, {len(refusals)} refused\n")
    for text in refusals[:3]:
        sys.stdout.write(f"  {text}\n")
    if not rows or len(refusals) > _MOST_REFUSED_SHARE * total:
        sys.stdout.write("  too many refusals: nothing was recorded\n")
        return False
    lines = [json.dumps(library.versions()), *(json.dumps(row, separators=(",", ":")) for row in rows)]
    (RECORDED / f"{model_type}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return True


def _names(builds: Builds) -> ComponentNames:
    """Leave out correction biases of routers and scales of weights, which vLLM alone keeps as parameters."""
    return replace(builds.names, uncounted=_NO_PARAMETERS) if builds.library == "vllm" else builds.names


def _configs(model_type: str, builds: Builds, examples: int) -> Iterator[Config]:
    """Yield the configuration of library defaults and distinct drawn ones, each for every class."""
    drawn = [] if builds.default is None else [dict(builds.default)]
    drawn.extend(_drawn(builds, examples))
    for fields in drawn:
        for class_name in builds.class_names or (None,):
            chosen: Config = {} if class_name is None else {"architectures": [class_name]}
            yield {"model_type": model_type, **chosen, **fields}


def _drawn(builds: Builds, examples: int) -> Iterator[Config]:
    found: dict[str, Any] = {}

    @settings(
        max_examples=2 * examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(builds.strategy)
    def collect(config: Config) -> None:
        if len(found) < examples:
            found.setdefault(json.dumps(config, sort_keys=True), config)

    collect()
    yield from found.values()


if __name__ == "__main__":
    sys.exit(main())
