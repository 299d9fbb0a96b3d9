"""What an engine did with every mutation, beside what the rules say of it."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.rules.mutation.cases import Case
from tests.rules.mutation.outcomes import Outcome

Reasons = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One record of an engine.

    Attributes:
        title: What was recorded.
        outcomes: What the engine did with each case.
        verdicts: The rules that deny each case.
    """

    title: str
    outcomes: Mapping[Case, Outcome]
    verdicts: Mapping[Case, tuple[str, ...]]

    @property
    def false_denials(self) -> dict[Case, tuple[str, ...]]:
        """The rules that deny what the engine starts."""
        return {case: rules for case, rules in self.verdicts.items() if rules and not self.outcomes[case].stage}

    @property
    def gaps(self) -> dict[Case, Outcome]:
        """What the engine refuses and no rule denies."""
        return {case: told for case, told in self.outcomes.items() if told.stage and not self.verdicts[case]}

    def refused_and_started(self) -> Counter[tuple[str, bool]]:
        """Count the cases of each model by whether the engine refuses them."""
        return Counter((case.model, bool(told.stage)) for case, told in self.outcomes.items())

    def show(self) -> float:
        """Print how often both agree, model by model, and return the share of gaps."""
        columns = ("model", "mutations", "both start", "both refuse", "gap", "false denial")
        table = Table(*columns, title=self.title)
        counts: dict[str, Counter[str]] = {}
        for case, told in self.outcomes.items():
            kind = {(False, False): "start", (True, True): "refuse", (True, False): "gap"}.get(
                (bool(told.stage), bool(self.verdicts[case])), "false"
            )
            counts.setdefault(case.model, Counter()).update([kind])
        total = sum(counts.values(), Counter[str]())
        for model, found in [*sorted(counts.items()), ("all", total)]:
            kinds = [found[kind] for kind in ("start", "refuse", "gap", "false")]
            table.add_row(model, *(str(number) for number in [found.total(), *kinds]))
        Console(width=116).print(table)
        return total["gap"] / total.total()


def read_reasons(path: Path) -> Reasons:
    """Return why no rule denies what the engine refuses, by a pattern of the engine's error."""
    return {row["error"]: row["reason"] for row in json.loads(path.read_text("utf-8"))}


def is_listed(outcome: Outcome, reasons: Reasons) -> bool:
    """Whether a reason is given for the error."""
    return any(re.search(error, outcome.error) for error in reasons)


def reasons_for_nothing(reasons: Reasons, comparisons: Iterable[Comparison]) -> list[str]:
    """Return the patterns that no gap of any record matches."""
    found = {told.error for comparison in comparisons for told in comparison.gaps.values()}
    return [error for error in reasons if not any(re.search(error, each) for each in found)]
