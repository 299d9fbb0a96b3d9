"""Records which Prometheus metrics the releases of an engine define, from their sources.

    python -m tests.engines.metric_names.record ENGINE SOURCES [--within srt] [--needs-option=--enable-metrics]

SOURCES holds one directory per release with the engine's Python package unpacked in it. Every call is read that
names a metric with the engine's prefix and creates a gauge, counter, histogram or summary, and every other text
that is such a name in a file that creates any, whose kind is then not known; nothing is imported. Writes
`neuroscale/engines/data/ENGINE_metrics.json`.
"""

import argparse
import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.version import Version

_DATA = Path(__file__).parents[3] / "neuroscale" / "engines" / "data"
_KINDS = ("gauge", "counter", "histogram", "summary")
# The switch behind which vLLM keeps a metric for a while after it was deprecated.
_HIDDEN = "show_hidden"


def main(engine: str, sources: Path, within: str, needs_option: str | None) -> None:
    """Read every release below a directory and write the data file."""
    releases = sorted((path.name for path in sources.iterdir() if (path / engine).is_dir()), key=Version)
    tables = {release: dict(_metrics(sources / release / engine / within, f"{engine}:")) for release in releases}
    records = [json.dumps(record) for record in _ranges(tables)]
    if not records:
        raise SystemExit(f"no metric of {engine} was found below {sources}")
    option = json.dumps(needs_option)
    body = ",\n    ".join(records)
    head = f'  "versions": {json.dumps(releases)},\n  "needs_option": {option},\n'
    text = f'{{\n{head}  "metrics": [\n    {body}\n  ]\n}}\n'
    (_DATA / f"{engine}_metrics.json").write_text(text, "utf-8")


def _metrics(package: Path, prefix: str) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Yield each metric with its kind and whether it is hidden; one that is also shown comes last."""
    found: dict[str, tuple[str, bool]] = {}
    for path in sorted(package.rglob("*.py")):
        text = path.read_text("utf-8", errors="replace")
        if prefix not in text or not any(kind in text.lower() for kind in _KINDS):
            continue
        tree = ast.parse(text)
        for name, kind, is_hidden in _calls(tree, prefix, hidden=False):
            before = found.get(name)
            found[name] = (kind, is_hidden and (before is None or before[1]))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and re.fullmatch(prefix + "[a-z0-9_]*[a-z0-9]", str(node.value)):
                found.setdefault(str(node.value), ("unknown", False))
    yield from sorted(found.items())


def _calls(node: ast.AST, prefix: str, *, hidden: bool) -> Iterator[tuple[str, str, bool]]:
    if isinstance(node, ast.If):
        hidden = hidden or _HIDDEN in ast.unparse(node.test)
    if isinstance(node, ast.Call):
        kind = next((kind for kind in _KINDS if kind in ast.unparse(node.func).rpartition(".")[2].lower()), None)
        arguments = [keyword.value for keyword in node.keywords if keyword.arg == "name"] or node.args[:1]
        for argument in arguments:
            if kind and isinstance(argument, ast.Constant) and str(argument.value).startswith(prefix):
                yield str(argument.value), kind, hidden
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, prefix, hidden=hidden)


def _ranges(tables: Mapping[str, Mapping[str, tuple[str, bool]]]) -> Iterator[dict[str, object]]:
    releases = list(tables)
    for name in sorted({name for table in tables.values() for name in table}):
        since: str | None = None
        for index, release in enumerate(releases):
            here = tables[release].get(name)
            if here is None:
                continue
            since = since or release
            following = releases[index + 1] if index + 1 < len(releases) else None
            if following is not None and tables[following].get(name) == here:
                continue
            record: dict[str, object] = {"name": name, "kind": here[0]}
            if here[1]:
                record["is_hidden"] = True
            if since != releases[0]:
                record["since"] = since
            if following is not None:
                record["until"] = release
            yield record
            since = None


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("engine")
    arguments.add_argument("sources", type=Path)
    arguments.add_argument("--within", default="", help="the part of the package that serves language models")
    arguments.add_argument("--needs-option", help="the option without which nothing is exported")
    options = arguments.parse_args()
    main(options.engine, options.sources, options.within, options.needs_option)
