"""Record what vLLM does with every mutation: `python -m tests.rules.mutation.record [--only TEXT] [--missing]`.

Needs an environment with vLLM, of the release whose outcomes are recorded. One line of the record holds the cases
of one model that ended alike.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed_version
from pathlib import Path

from tests.rules.mutation.cases import all_cases
from tests.rules.mutation.models import config_of, with_few_layers
from tests.rules.mutation.outcomes import RECORDED, read_record, write_record
from tests.rules.mutation.vllm_engine import try_start

# Where a pod does not say how many it asks for, there are enough.
_ENOUGH_ACCELERATORS = 4096
_CASES_BETWEEN_WRITES = 250


def main(arguments: Sequence[str] | None = None) -> int:
    """Record the outcomes of the chosen cases beside those that were recorded before."""
    parser = argparse.ArgumentParser(prog="record", description="Record what vLLM does with every mutation.")
    parser.add_argument("--only", default="", help="cases whose model or arguments hold this text")
    parser.add_argument("--missing", action="store_true", help="cases that were not recorded")
    parser.add_argument("--output", type=Path, default=RECORDED, help="folder of the records")
    options = parser.parse_args(arguments)
    libraries = {name: installed_version(name).partition("+")[0] for name in ("vllm", "transformers", "torch")}
    path = options.output / f"vllm-{libraries['vllm']}.jsonl"
    cases = all_cases(libraries["vllm"])
    before = read_record(path) if path.is_file() else {}
    outcomes = {case: before[case] for case in cases if case in before}
    chosen = [
        case
        for case in cases
        if options.only in f"{case.model} {' '.join(case.arguments)}" and not (options.missing and case in outcomes)
    ]
    for number, case in enumerate(chosen, 1):
        config = config_of(case.model)
        outcomes[case] = try_start(
            config, with_few_layers(config), case.arguments, case.accelerators or _ENOUGH_ACCELERATORS
        )
        if number % _CASES_BETWEEN_WRITES == 0:
            write_record(path, libraries, outcomes)
            sys.stdout.write(f"{number} of {len(chosen)}\n")
            sys.stdout.flush()
    write_record(path, libraries, outcomes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
