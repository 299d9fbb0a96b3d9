"""Nothing that could not be judged exits with 0, whatever is broken and whatever the format."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from neuroscale.reports.formats import FINDING_FORMATS
from tests.cli.conftest import FIXTURES, Command

GOOD = (FIXTURES / "good.yaml").read_text(encoding="utf-8")
POLICY = "apiVersion: neuroscale.dev/v1alpha1\nkind: RulePolicy\n"

Breakage = Callable[[Path], list[str | Path]]


def file_with(content: str | bytes, name: str = "broken.yaml") -> Breakage:
    """Return a breakage that is a file, beside a good one."""

    def arguments(folder: Path) -> list[str | Path]:
        (folder / "good.yaml").write_text(GOOD, encoding="utf-8")
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return [folder / "good.yaml", folder / name]

    return arguments


def folder_with(content: str, name: str = "broken.yaml") -> Breakage:
    """Return a breakage that is found in a folder, beside a good file."""

    def arguments(folder: Path) -> list[str | Path]:
        file_with(content, name)(folder)
        return [folder]

    return arguments


def policy_with(content: str | bytes) -> Breakage:
    """Return a breakage that is in the platform's policy."""

    def arguments(folder: Path) -> list[str | Path]:
        policy = folder / "policy"
        policy.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [FIXTURES / "good.yaml", "--policy", policy]

    return arguments


def link_to_itself(folder: Path) -> list[str | Path]:
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    (folder / "good.yaml").write_text(GOOD, encoding="utf-8")
    return [folder]


BREAKAGES: dict[str, Breakage] = {
    "no-such-file": lambda folder: [folder / "absent.yaml"],
    "no-such-file-beside-a-good-one": lambda folder: [FIXTURES / "good.yaml", folder / "absent.yaml"],
    "no-match": lambda folder: [folder / "*.yaml"],
    "empty-folder": lambda folder: [folder],
    "empty-file": lambda folder: file_with("")(folder)[1:],
    "comments-only": lambda folder: file_with("# nothing\n---\n# here\n")(folder)[1:],
    "folder-of-empty-files": lambda folder: [file_with("---\n")(folder)[1]],
    "empty-list": lambda folder: file_with("apiVersion: v1\nkind: List\nitems: []\n")(folder)[1:],
    "empty-standard-input": lambda _: ["-"],
    "not-yaml": file_with("a: [\n"),
    "second-document-not-yaml": file_with(GOOD + "---\n}\n"),
    "found-not-yaml": folder_with("kind: [\n"),
    "template": folder_with("{{- if .Values.enabled }}\nkind: Pod\n{{- end }}\n"),
    "not-json": file_with("{", "broken.json"),
    "not-utf-8": file_with(b"kind: \xff\xfe\n"),
    "null-bytes": file_with(b"kind\x00: Pod\n"),
    "no-object": file_with("replicas: 2\n"),
    "no-kind": folder_with("apiVersion: v1\n"),
    "a-word": file_with("hello\n"),
    "duplicate-key": file_with("apiVersion: v1\nkind: Pod\nkind: Job\n"),
    "alias-bomb": file_with("a: &a [x]\nb: &b [" + "*a," * 9 + "]\nc: [" + "*nothing," + "]\n"),
    "too-deep": file_with("[" * 500 + "]" * 500 + "\n"),
    "wrong-types": file_with(
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: a}\nspec: {predictor: 3}\n"
    ),
    "link-to-itself": link_to_itself,
    "context-absent": lambda folder: [FIXTURES / "good.yaml", "--context", folder / "absent"],
    "models-absent": lambda folder: [FIXTURES / "good.yaml", "--models", folder / "absent"],
    "kserve-no-release": lambda _: [FIXTURES / "good.yaml", "--kserve", "newest"],
    "policy-absent": lambda folder: [FIXTURES / "good.yaml", "--policy", folder / "absent"],
    "policy-empty": policy_with(""),
    "policy-not-yaml": policy_with("{"),
    "policy-not-utf-8": policy_with(b"\xff"),
    "policy-of-another-kind": policy_with("kind: ConfigMap\n"),
    "policy-unknown-rule": policy_with(POLICY + "severities: {NS999: off}\n"),
    "policy-without-expiry": policy_with(POLICY + "exceptions: [{rule: NS101, name: a, reason: r, owner: o}]\n"),
    "unknown-option": lambda _: [FIXTURES / "good.yaml", "--force"],
    "no-paths": lambda _: [],
}


@pytest.mark.parametrize("mode", [[], ["--fix"]], ids=["judge", "fix"])
@pytest.mark.parametrize("output", sorted(FINDING_FORMATS))
@pytest.mark.parametrize("breakage", BREAKAGES, ids=str)
def test_a_broken_input_exits_two_without_a_report(
    neuroscale: Command, tmp_path: Path, breakage: str, output: str, mode: list[str]
) -> None:
    result = neuroscale("check", *BREAKAGES[breakage](tmp_path), "--output", output, *mode)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("breakage", BREAKAGES, ids=str)
def test_a_diff_of_a_broken_input_exits_two(neuroscale: Command, tmp_path: Path, breakage: str) -> None:
    result = neuroscale("check", *BREAKAGES[breakage](tmp_path), "--diff")
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize(
    "error", [ZeroDivisionError, RecursionError, MemoryError, KeyError, AssertionError, OSError]
)
@pytest.mark.parametrize("place", ["judge", "rule_on", "load_catalogue", "read_manifest_texts"])
@pytest.mark.parametrize("output", sorted(FINDING_FORMATS))
def test_a_bug_of_ours_exits_two_in_every_format(
    neuroscale: Command, monkeypatch: pytest.MonkeyPatch, output: str, place: str, error: type[Exception]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error("boom")

    # The package's attribute of this name is the command, not its module.
    monkeypatch.setattr(sys.modules["neuroscale.cli.check"], place, fail)
    result = neuroscale("check", FIXTURES / "good.yaml", "--output", output)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("output", sorted(FINDING_FORMATS))
def test_a_report_that_fails_exits_two(neuroscale: Command, monkeypatch: pytest.MonkeyPatch, output: str) -> None:
    def fail(*_: object, **__: object) -> str:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(sys.modules["neuroscale.cli.check"], "FINDING_FORMATS", {output: fail})
    result = neuroscale("check", FIXTURES / "good.yaml", "--output", output)
    assert (result.exit_code, result.stdout) == (2, "")
