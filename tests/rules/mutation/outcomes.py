"""What an engine said about cases, and how that is kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.rules.mutation.cases import Case

RECORDED = Path(__file__).parent / "recorded"
_SEPARATOR = "\t"


@dataclass(frozen=True, slots=True, order=True)
class Outcome:
    """What the engine said.

    Attributes:
        stage: Where it stopped: "arguments", "configuration" or "construction"; "" when it would go on.
        error: The exception's type and first line; "" when it would go on.
    """

    stage: str = ""
    error: str = ""


def write_record(path: Path, libraries: Mapping[str, str], outcomes: Mapping[Case, Outcome]) -> None:
    """Write the outcomes of one release: first the versions of the libraries, then a line per model and outcome.

    The first library is the engine.
    """
    groups: dict[tuple[str, Outcome], list[list[str | int | None]]] = {}
    for case, outcome in outcomes.items():
        groups.setdefault((case.model, outcome), []).append([_SEPARATOR.join(case.arguments), case.accelerators])
    lines = [json.dumps(libraries)]
    lines.extend(
        json.dumps(
            {"model": model, "stage": outcome.stage, "error": outcome.error, "cases": groups[model, outcome]},
            separators=(",", ":"),
        )
        for model, outcome in sorted(groups)
    )
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_record(path: Path) -> dict[Case, Outcome]:
    """Return the outcomes of one release."""
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    release = next(iter(json.loads(first).values()))
    outcomes: dict[Case, Outcome] = {}
    for line in lines:
        row = json.loads(line)
        for arguments, accelerators in row["cases"]:
            options = tuple(arguments.split(_SEPARATOR)) if arguments else ()
            case = Case(row["model"], options, accelerators, release)
            outcomes[case] = Outcome(row["stage"], row["error"])
    return outcomes
