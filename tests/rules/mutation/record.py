"""Record what vLLM does with every mutation: `python -m tests.rules.mutation.record [--only TEXT] [--missing]`.

Needs an environment with vLLM, of the release whose outcomes are recorded. One line of the record holds the cases
of one model that ended alike.
"""

import sys
from collections.abc import Sequence

from tests.rules.mutation.cases import Case, all_cases
from tests.rules.mutation.models import config_of, with_few_layers
from tests.rules.mutation.outcomes import RECORDED, Outcome
from tests.rules.mutation.recording import record_outcomes
from tests.rules.mutation.vllm_engine import try_start

# Where a pod does not say how many it asks for, there are enough.
_ENOUGH_ACCELERATORS = 4096


def main(arguments: Sequence[str] | None = None) -> int:
    """Record the outcomes of the chosen cases beside those that were recorded before."""
    return record_outcomes("vllm", all_cases, _try, arguments, folder=RECORDED, cases_between_writes=250)


def _try(case: Case) -> Outcome:
    config = config_of(case.model)
    return try_start(config, with_few_layers(config), case.arguments, case.accelerators or _ENOUGH_ACCELERATORS)


if __name__ == "__main__":
    sys.exit(main())
