"""What vLLM refuses only once its workers stand before real devices, restated from its source."""

from tests.rules.mutation.cases import Case

_SIZES = ("--tensor-parallel-size", "--pipeline-parallel-size", "--prefill-context-parallel-size")
# Other machines, or other pods, hold some of the ranks.
_ELSEWHERE = (
    "--data-parallel-address",
    "--data-parallel-rank",
    "--data-parallel-external-lb",
    "--data-parallel-hybrid-lb",
)
# The beginning of another option's name, and options themselves.
_WHOLE_NAMES = {*_SIZES, *_ELSEWHERE, "--nnodes", "--data-parallel-size", "--data-parallel-size-local"}


def refusal_of_workers(case: Case) -> tuple[str, str]:
    """Return the stage and the error of a worker that finds no device, or two empty texts.

    Source: vLLM 0.33.0 `v1/worker/gpu_worker.py`, `init_device`: a worker takes the device at its rank within the
    engine plus the ranks of the data-parallel engines before it on the same machine, and stops where that is out of
    bounds. How many engines are on the machine, `--data-parallel-size-local` says, wherever the others are.
    """
    local = _value(case, "--data-parallel-size-local")
    is_elsewhere = any(_value(case, option) for option in _ELSEWHERE)
    if case.accelerators is None or _value(case, "--nnodes") or (is_elsewhere and not local):
        return "", ""
    ranks = int(local or _value(case, "--data-parallel-size") or 1)
    for option in _SIZES:
        ranks *= int(_value(case, option) or 1)
    if ranks <= case.accelerators:
        return "", ""
    return "workers", f"AssertionError: local_rank {ranks - 1} is out of bounds"


def _value(case: Case, option: str) -> str:
    """Return the last value of an option, which may be written as the beginning of its name; "" without one."""
    found = ""
    for argument in case.arguments:
        name, _, value = argument.partition("=")
        if name == option or (option.startswith(name) and name not in _WHOLE_NAMES):
            found = value
    return found
