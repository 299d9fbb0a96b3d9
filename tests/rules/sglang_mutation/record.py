"""Record what SGLang does with every mutation: `python -m tests.rules.sglang_mutation.record [--missing]`.

Needs an environment with SGLang, of the release whose outcomes are recorded, as `engine.py` says. One line of the
record holds the cases of one model that ended alike.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.rules.mutation.cases import Case
from tests.rules.mutation.models import config_of, with_few_layers
from tests.rules.mutation.outcomes import Outcome
from tests.rules.mutation.recording import record_outcomes
from tests.rules.sglang_mutation.cases import all_cases
from tests.rules.sglang_mutation.engine import try_start

RECORDED = Path(__file__).parent / "recorded"
# As published; the catalogue's configurations were written by a library that leaves them out.
_LEFT_OUT: Mapping[str, Mapping[str, Any]] = {"qwen3_next": {"full_attention_interval": 4}}


def main(arguments: Sequence[str] | None = None) -> int:
    """Record the outcomes of the chosen cases beside those that were recorded before."""
    return record_outcomes("sglang", all_cases, _try, arguments, folder=RECORDED, cases_between_writes=100)


def _try(case: Case) -> Outcome:
    config = config_of(case.model)
    config = {**_LEFT_OUT.get(config["model_type"], {}), **config}
    return try_start(config, with_few_layers(config), case.arguments)


if __name__ == "__main__":
    sys.exit(main())
