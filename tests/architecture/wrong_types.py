"""Reads configurations of every recorded type with fields of a wrong type, in one process with limits.

Run with the number of values that each field is given, out of `VALUES`; prints how many configurations were read
and refused, and for each fault the model type, the field and the value.
"""

import copy
import json
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError
from neuroscale.sizing.model_summary import model_as_json
from tests.architecture.bounded_reading import MEMORY_BYTES

RECORDED = Path(__file__).parent / "model_builds" / "recorded"
PROCESSOR_SECONDS = 240
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**12,
    10**400,
    1.5,
    float("nan"),
    float("-inf"),
    "text",
    [],
    [[[]]],
    [1] * 4096,
    [1] * 4097,
    ["full_attention", 7],
    {},
    {"a": {"b": []}},
)


def paths(config: dict[str, Any], prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the path of every field, at any level."""
    for name, value in config.items():
        yield (*prefix, name)
        if isinstance(value, dict):
            yield from paths(value, (*prefix, name))


def changed(config: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    """Return a configuration in which one field holds another value."""
    whole = copy.deepcopy(config)
    inner = whole
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return whole


def main(values_per_field: int) -> None:
    """Read what the records and the values make, and print what became of it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    outcomes: Counter[str] = Counter()
    turn = 0
    for record in sorted(RECORDED.glob("*.jsonl")):
        config = json.loads(record.read_text(encoding="utf-8").splitlines()[-1])["config"]
        for path in paths(config):
            for _ in range(values_per_field):
                # The values take turns, so that each meets fields of every kind in few readings.
                turn += 1
                value = VALUES[turn % len(VALUES)]
                outcomes[
                    _outcome(changed(config, path, value), f"{record.stem} {'.'.join(path)} {value!r:.60}")
                ] += 1
    for outcome, count in sorted(outcomes.items()):
        print(f"{count} {outcome}")


def _outcome(config: dict[str, Any], name: str) -> str:
    try:
        model_as_json(read_architecture(config))
    except InvalidInputError as error:
        return "refused by field" if error.field else f"refused without a field: {name}"
    except Exception as error:  # noqa: BLE001 - whatever else is raised is what the test looks for
        return f"{type(error).__name__}: {name}"
    return "read"


if __name__ == "__main__":
    main(int(sys.argv[1]))
