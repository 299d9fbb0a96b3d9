"""Record what SGLang does with every mutation: `python -m tests.rules.sglang_mutation.record [--missing]`.

Needs an environment with SGLang, of the release whose outcomes are recorded, as `engine.py` says. One line of the
record holds the cases of one model that ended alike.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from tests.rules.mutation.models import config_of, with_few_layers
from tests.rules.mutation.outcomes import read_record, write_record
from tests.rules.sglang_mutation.cases import all_cases
from tests.rules.sglang_mutation.engine import try_start

RECORDED = Path(__file__).parent / "recorded"
_CASES_BETWEEN_WRITES = 100
# As published; the catalogue's configurations were written by a library that leaves them out.
_LEFT_OUT: Mapping[str, Mapping[str, Any]] = {"qwen3_next": {"full_attention_interval": 4}}


def main(arguments: Sequence[str] | None = None) -> int:
    """Record the outcomes of the chosen cases beside those that were recorded before."""
    parser = argparse.ArgumentParser(prog="record", description="Record what SGLang does with every mutation.")
    parser.add_argument("--only", default="", help="cases whose model or arguments hold this text")
    parser.add_argument("--missing", action="store_true", help="cases that were not recorded")
    parser.add_argument("--output", type=Path, default=RECORDED, help="folder of the records")
    options = parser.parse_args(arguments)
    libraries = {name: installed_version(name).partition("+")[0] for name in ("sglang", "transformers", "torch")}
    path = options.output / f"sglang-{libraries['sglang']}.jsonl"
    cases = all_cases(libraries["sglang"])
    before = read_record(path) if path.is_file() else {}
    outcomes = {case: before[case] for case in cases if case in before}
    chosen = [
        case
        for case in cases
        if options.only in f"{case.model} {' '.join(case.arguments)}" and not (options.missing and case in outcomes)
    ]
    for number, case in enumerate(chosen, 1):
        config = config_of(case.model)
        config = {**_LEFT_OUT.get(config["model_type"], {}), **config}
        outcomes[case] = try_start(config, with_few_layers(config), case.arguments)
        if number % _CASES_BETWEEN_WRITES == 0:
            write_record(path, libraries, outcomes)
            sys.stdout.write(f"{number} of {len(chosen)}\n")
            sys.stdout.flush()
    write_record(path, libraries, outcomes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
