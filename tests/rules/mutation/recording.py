"""The loop of recording: what is chosen, what is kept of before, and what is written as it goes."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version as installed_version
from pathlib import Path

from tests.rules.mutation.cases import Case
from tests.rules.mutation.outcomes import Outcome, read_record, write_record


def record_outcomes(
    engine: str,
    all_cases: Callable[[str], Sequence[Case]],
    try_case: Callable[[Case], Outcome],
    arguments: Sequence[str] | None,
    *,
    folder: Path,
    cases_between_writes: int,
) -> int:
    """Record the outcomes of the chosen cases beside those that were recorded before; return the exit code.

    Args:
        engine: Name of the engine's package, whose installed release is recorded.
        all_cases: The cases of a release.
        try_case: What the engine does with one.
        arguments: Of the command line; None takes those of the process.
        folder: Where records are, unless the command line says otherwise.
        cases_between_writes: How often what is known so far is written.
    """
    parser = argparse.ArgumentParser(prog="record", description=f"Record what {engine} does with every mutation.")
    parser.add_argument("--only", default="", help="cases whose model or arguments hold this text")
    parser.add_argument("--missing", action="store_true", help="cases that were not recorded")
    parser.add_argument("--output", type=Path, default=folder, help="folder of the records")
    options = parser.parse_args(arguments)
    libraries = {name: installed_version(name).partition("+")[0] for name in (engine, "transformers", "torch")}
    path = options.output / f"{engine}-{libraries[engine]}.jsonl"
    cases = all_cases(libraries[engine])
    before = read_record(path) if path.is_file() else {}
    outcomes = {case: before[case] for case in cases if case in before}
    chosen = [
        case
        for case in cases
        if options.only in f"{case.model} {' '.join(case.arguments)}" and not (options.missing and case in outcomes)
    ]
    for number, case in enumerate(chosen, 1):
        outcomes[case] = try_case(case)
        if number % cases_between_writes == 0:
            write_record(path, libraries, outcomes)
            sys.stdout.write(f"{number} of {len(chosen)}\n")
            sys.stdout.flush()
    write_record(path, libraries, outcomes)
    return 0
