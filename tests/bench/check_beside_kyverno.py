"""`python -m tests.bench.check_beside_kyverno`: `neuroscale check` and the Kyverno CLI on the same 1,000 manifests.

The manifests are the fixtures of the rules, again and again under other names, one object a file. Kyverno gets as
many policies as there are rules: the ones of `deploy/kyverno`, again and again under other names. Its policies look
at one object each and know no model, so they do less; the ratio says what a platform team pays for either on a pull
request. Both are whole processes, run alternately; the shortest run of each counts, as the least disturbed one.
Kyverno takes minutes, so one run is the default.

Then the time of each rule over the subjects of all fixtures, in this process.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.manifests.documents import load_manifests
from neuroscale.rules.context import IndexedContext
from neuroscale.rules.deployments import subjects_of
from neuroscale.rules.registry import all_rules
from neuroscale.rules.subject import ClusterFacts, KnowledgeGap, Subject
from tests.rigs.control_plane.toolchain import REPOSITORY_DIRECTORY, RigUnavailableError, kyverno_command

FIXTURES = sorted((REPOSITORY_DIRECTORY / "tests" / "rules").glob("*/*/*.yaml"))
POLICIES = sorted((REPOSITORY_DIRECTORY / "deploy" / "kyverno").glob("neuroscale-*.yaml"))


def main() -> int:
    """Measure and print; return 1 when a tool could not do its work."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--manifests", type=int, default=1_000)
    arguments.add_argument("--runs", type=int, default=1)
    options = arguments.parse_args()
    console = Console(width=110)
    try:
        kyverno = kyverno_command()
    except RigUnavailableError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with tempfile.TemporaryDirectory() as name:
        manifests, policies = Path(name) / "manifests", Path(name) / "policies"
        _write(manifests, FIXTURES, options.manifests)
        _write(policies, POLICIES, len(all_rules()))
        commands = {
            "neuroscale check": [sys.executable, "-m", "neuroscale", "check", str(manifests), "--output", "json"],
            "kyverno apply": [str(kyverno), "apply", str(policies), "--resource", str(manifests)],
        }
        seconds = {tool: min(times) for tool, times in _alternately(commands, options.runs).items()}
    baseline = seconds["kyverno apply"]
    table = Table(title=f"{options.manifests} manifests, {len(all_rules())} rules or policies, {options.runs} runs")
    for title in ("tool", "seconds", "ratio to Kyverno", "manifests per second"):
        table.add_column(title, justify="left" if title == "tool" else "right")
    for tool, taken in seconds.items():
        table.add_row(tool, f"{taken:.2f}", f"{taken / baseline:.2f}", f"{options.manifests / taken:.0f}")
    console.print(table)
    console.print(_time_per_rule())
    return 0


def _write(folder: Path, sources: list[Path], count: int) -> None:
    """Write so many objects into a folder, each in a file and with a name of its own."""
    folder.mkdir()
    objects = [each for source in sources for each in _objects(source)]
    for index, (each, _) in enumerate(zip(cycle(objects), range(count), strict=False)):
        renamed = each | {"metadata": each["metadata"] | {"name": f"{each['metadata']['name'][:40]}-{index}"}}
        (folder / f"{index:05}.yaml").write_text(yaml.safe_dump(renamed, sort_keys=False), encoding="utf-8")


def _objects(source: Path) -> Iterator[dict[str, Any]]:
    yield from (each for each in yaml.safe_load_all(source.read_text(encoding="utf-8")) if each)


def _alternately(commands: dict[str, list[str]], runs: int) -> dict[str, list[float]]:
    """Run every command so often, one after the other, and return the seconds of each run."""
    seconds: dict[str, list[float]] = {tool: [] for tool in commands}
    for tool in islice(cycle(commands), runs * len(commands)):
        started = time.perf_counter()
        completed = subprocess.run(commands[tool], capture_output=True, text=True, check=False)
        seconds[tool].append(time.perf_counter() - started)
        # Both find faults in the fixtures, and say so by 1; anything else is not the work that is measured.
        if completed.returncode != 1:
            sys.stderr.write(completed.stderr)
            raise SystemExit(f"{tool} ended with {completed.returncode}")
    return seconds


def _time_per_rule() -> Table:
    facts = ClusterFacts(models=load_catalogue())
    subjects: list[Subject] = []
    for source in FIXTURES:
        objects = load_manifests(source.read_text(encoding="utf-8"), source.name)
        surroundings = (IndexedContext(objects),)
        subjects += [each for manifest in objects for each in subjects_of(manifest, surroundings, facts)]
    table = Table(title="time of each rule over all fixtures")
    for title in ("rule", "name", "subjects", "median microseconds"):
        table.add_column(title, justify="left" if title in {"rule", "name"} else "right")
    for rule in all_rules():
        judged = [subject for subject in subjects if isinstance(subject, rule.subject)]
        if rule.subject is KnowledgeGap or not judged:
            continue
        times = []
        for subject in judged:
            list(rule.judge(subject))
            started = time.perf_counter()
            list(rule.judge(subject))
            times.append((time.perf_counter() - started) * 1e6)
        table.add_row(rule.identifier, rule.name, str(len(judged)), f"{statistics.median(times):.1f}")
    return table


if __name__ == "__main__":
    sys.exit(main())
