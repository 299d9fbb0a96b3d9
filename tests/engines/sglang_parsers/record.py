"""Records the option tables and the parser outcomes of SGLang releases, from their wheels.

    pip download --no-deps --dest WHEELS/0.5.23 sglang==0.5.23   # and so on, one directory per release
    python -m tests.engines.sglang_parsers.record WHEELS

WHEELS holds one directory per release with the wheel's `sglang` package unpacked in it. Each release is read in a
process of its own. Writes `neuroscale/engines/data/sglang_options.json` and `fixtures/sglang_parser_facts.json`.
"""

import argparse
import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from packaging.version import Version

_HERE = Path(__file__).parent
_REPOSITORY = _HERE.parents[2]
_OPTIONS = _REPOSITORY / "neuroscale" / "engines" / "data" / "sglang_options.json"
_OUTCOMES = _HERE.parent / "fixtures" / "sglang_parser_facts.json"
_COMMAND_LINES = _HERE.parent / "fixtures" / "sglang_command_lines.yaml"

_VALUE_KINDS = {
    "int": "integer",
    "float": "number",
    "human_readable_int": "suffixed-integer",
    "json_list_type": "json",
    "loads": "json",
    "parse_cuda_graph_config_arg": "json",
}
_VALUE_COUNTS = {None: "one", "?": "optional", "*": "any", "+": "many", 0: "none"}
# Set from the command line, under the names of any release, and recorded with what an accepted one says.
_RECORDED = (
    ("model_path", ("model_path",)),
    ("tp_size", ("tp_size", "tensor_parallel_size")),
    ("pp_size", ("pp_size", "pipeline_parallel_size")),
    ("dp_size", ("dp_size", "data_parallel_size")),
    ("ep_size", ("ep_size", "expert_parallel_size")),
    ("attn_dp_size", ("attn_dp_size",)),
    ("enable_dp_attention", ("enable_dp_attention",)),
    ("context_length", ("context_length",)),
    ("mem_fraction_static", ("mem_fraction_static",)),
    ("max_running_requests", ("max_running_requests",)),
    ("quantization", ("quantization",)),
    ("kv_cache_dtype", ("kv_cache_dtype",)),
    ("dtype", ("dtype",)),
    ("served_model_name", ("served_model_name",)),
)


def main(wheels: Path) -> None:
    """Read every release below a directory and write both files."""
    releases = sorted((path.name for path in wheels.iterdir() if (path / "sglang").is_dir()), key=Version)
    read = {}
    for release in releases:
        child = [sys.executable, "-W", "ignore", __file__, "--release", str(wheels / release)]
        read[release] = json.loads(subprocess.run(child, check=True, capture_output=True, text=True).stdout)
    tables = {release: read[release]["options"] for release in releases}
    options = [json.dumps(record) for record in _ranges(tables)]
    body = ",\n    ".join(options)
    _OPTIONS.write_text(
        f'{{\n  "versions": {json.dumps(releases)},\n  "options": [\n    {body}\n  ]\n}}\n', "utf-8"
    )
    outcomes = ",\n  ".join(
        json.dumps({"version": release, **outcome}) for release in releases for outcome in read[release]["outcomes"]
    )
    _OUTCOMES.write_text(f"[\n  {outcomes}\n]\n", "utf-8")


def read_release(sources: Path) -> dict[str, object]:
    """Return the options of one release, and what its parser does with each command line."""
    # Only this process has the release on its path; no other code of the repository is imported in it.
    sys.path.insert(0, str(_HERE))
    from release import build_parser  # type: ignore[import-not-found]

    parser = build_parser(sources)
    known: dict[str, object] = {}
    for action in parser._actions:
        if action.option_strings and action.dest != "help":
            record = _option(action, is_retired=_is_retired(parser, action))
            known[record["spellings"][0]] = record
    command_lines = yaml.safe_load(_COMMAND_LINES.read_text("utf-8"))
    outcomes = [_outcome(parser, argv) for argv in command_lines]
    return {"options": list(known.values()), "outcomes": outcomes}


def _option(action: argparse.Action, *, is_retired: bool) -> dict[str, Any]:
    negative = isinstance(action, argparse.BooleanOptionalAction)
    positives = [text for text in action.option_strings if not (negative and text.startswith("--no-"))]
    record: dict[str, Any] = {"spellings": positives}
    if negative:
        record["negative_spellings"] = [text for text in action.option_strings if text not in positives]
    record["values"] = _VALUE_COUNTS[action.nargs]
    kind = _VALUE_KINDS.get(getattr(action.type, "__name__", ""))
    if kind and action.nargs != 0:
        record["value_kind"] = kind
    if getattr(action.type, "__name__", "") == "nullable_str":
        record["accepts_none"] = True
    if action.choices:
        record["choices"] = sorted(str(choice) for choice in action.choices)
    if is_retired:
        record["is_retired"] = True
    return record


def _is_retired(parser: argparse.ArgumentParser, action: argparse.Action) -> bool:
    if type(action).__name__ != "DeprecatedAction":
        return False
    return not _outcome(parser, ["--model-path", "M", action.option_strings[0]])["accepted"]


def _outcome(parser: argparse.ArgumentParser, argv: Sequence[str]) -> dict[str, object]:
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            parsed = vars(parser.parse_args(list(argv)))
    except (SystemExit, ValueError):
        return {"argv": list(argv), "accepted": False}
    settings = {
        name: next(parsed[key] for key in keys if key in parsed)
        for name, keys in _RECORDED
        if any(parsed.get(key) != parser.get_default(key) for key in keys)
    }
    return {"argv": list(argv), "accepted": True, "settings": settings}


def _ranges(tables: Mapping[str, Sequence[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Yield each option with the releases it was the same in, under one name through all of them."""
    releases = list(tables)
    names = _names(tables)
    by_name: dict[str, dict[str, dict[str, Any]]] = {}
    for release, options in tables.items():
        for option in options:
            by_name.setdefault(names[release, option["spellings"][0]], {})[release] = option
    for name in sorted(by_name):
        since = None
        for index, release in enumerate(releases):
            here = by_name[name].get(release)
            if here is None:
                continue
            since = since or release
            following = releases[index + 1] if index + 1 < len(releases) else None
            if following is not None and _is_same(by_name[name].get(following), here):
                continue
            record = {"name": name, **here, "spellings": sorted(here["spellings"])}
            if since != releases[0]:
                record["since"] = since
            if following is not None:
                record["until"] = release
            yield record
            since = None


def _is_same(one: dict[str, Any] | None, other: dict[str, Any]) -> bool:
    """Whether two releases have the same option; the order of the spellings does not count."""
    return (
        one is not None
        and {**one, "spellings": None} == {**other, "spellings": None}
        and set(one["spellings"]) == set(other["spellings"])
    )


def _names(tables: Mapping[str, Sequence[dict[str, Any]]]) -> dict[tuple[str, str], str]:
    """Return the canonical name of each option by release and first spelling: the newest release's first spelling.

    Options of one release that share a spelling with the same option of another keep their own first spelling.
    """
    names: dict[tuple[str, str], str] = {}
    canonical: dict[str, str] = {}
    for release in reversed(list(tables)):
        taken: set[str] = set()
        for option in tables[release]:
            spellings = option["spellings"]
            name = next((canonical[text] for text in spellings if text in canonical), spellings[0])
            name = spellings[0] if name in taken else name
            taken.add(name)
            names[release, spellings[0]] = name
            for text in spellings:
                canonical.setdefault(text, name)
    return names


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("wheels", type=Path)
    arguments.add_argument("--release", action="store_true", help="read one release and print it")
    options = arguments.parse_args()
    if options.release:
        sys.stdout.write(json.dumps(read_release(options.wheels)))
    else:
        main(options.wheels)
