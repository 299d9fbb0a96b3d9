"""`neuroscale check`: verdicts, places and exit codes that can be trusted."""

import json
from pathlib import Path

import pytest

from neuroscale.reports.formats import FINDING_FORMATS
from tests.cli.conftest import FIXTURES, Command


def test_a_good_manifest_exits_zero_and_says_so(neuroscale: Command) -> None:
    result = neuroscale("check", FIXTURES / "good.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "no findings\n", "")


def test_a_denied_manifest_exits_one_and_names_file_line_and_column(neuroscale: Command) -> None:
    result = neuroscale("check", FIXTURES / "denied.yaml")
    assert result.exit_code == 1
    assert f"{FIXTURES / 'denied.yaml'}:" in result.stdout
    assert "deny NS101" in result.stdout


def test_standard_input_is_judged_like_a_file(neuroscale: Command) -> None:
    result = neuroscale("check", "-", "--output", "json", stdin=(FIXTURES / "denied.yaml").read_text())
    assert result.exit_code == 1
    assert {finding["file"] for finding in json.loads(result.stdout)["findings"]} == {"-"}


def test_a_folder_and_a_glob_hold_the_same_manifests(neuroscale: Command, tmp_path: Path) -> None:
    for name in ("good.yaml", "denied.yaml"):
        (tmp_path / name).write_text((FIXTURES / name).read_text())
    folder = neuroscale("check", tmp_path, "--output", "json")
    matched = neuroscale("check", tmp_path / "*.yaml", "--output", "json")
    assert folder.exit_code == matched.exit_code == 1
    assert folder.stdout == matched.stdout


def test_models_of_a_directory_are_known_by_repository_name(neuroscale: Command) -> None:
    unknown = neuroscale("check", FIXTURES / "private.yaml")
    known = neuroscale("check", FIXTURES / "private.yaml", "--models", FIXTURES / "models")
    assert unknown.exit_code == 0
    assert "NS001" in unknown.stdout
    assert known.exit_code == 1
    assert "NS101" in known.stdout


@pytest.mark.parametrize("output", sorted(FINDING_FORMATS))
def test_every_format_exits_the_same(neuroscale: Command, output: str) -> None:
    assert neuroscale("check", FIXTURES / "denied.yaml", "--output", output).exit_code == 1
    assert neuroscale("check", FIXTURES / "good.yaml", "--output", output).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "Missing argument"),
        (["check", "no-such-file.yaml"], "no-such-file.yaml: no such file"),
        (["check", FIXTURES / "not-yaml.yaml"], "not-yaml.yaml"),
        (["check", FIXTURES / "models" / "acme--private.json"], "acme--private.json"),
        (["check", FIXTURES / "good.yaml", "--context", "nowhere.yaml"], "nowhere.yaml"),
        (["check", FIXTURES / "good.yaml", "--models", "nowhere"], "nowhere"),
        (["check", FIXTURES / "good.yaml", "--output", "pdf"], "--output"),
        (["check", FIXTURES / "good.yaml", "--kserve", "newest"], "kserve"),
        (["inspect", "nobody/nothing"], "nobody/nothing"),
        (["inspect", FIXTURES / "good.yaml"], "good.yaml"),
        (["rules", "NS999"], "NS999"),
        (["plan", "google/gemma-4-26B-A4B", "--accelerator", "abacus"], "abacus"),
        (["plan", "google/gemma-4-26B-A4B", "--engine", "vllm@soon"], "soon"),
        (["plan", "google/gemma-4-26B-A4B", "--engine", "llama.cpp@1"], "llama.cpp"),
        (["plan", "google/gemma-4-26B-A4B", "--context-length", "100000000"], "262144"),
    ],
)
def test_what_cannot_be_judged_exits_two_and_names_the_culprit(
    neuroscale: Command, arguments: list[str | Path], said: str
) -> None:
    result = neuroscale(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_an_empty_selection_is_not_a_clean_one(neuroscale: Command, tmp_path: Path) -> None:
    assert neuroscale("check", tmp_path).exit_code == 2
    (tmp_path / "empty.yaml").write_text("# nothing\n---\n")
    assert neuroscale("check", tmp_path).exit_code == 2
    assert neuroscale("check", "-", stdin="").exit_code == 2


def test_a_file_of_another_tool_is_left_out_of_a_folder_aloud(neuroscale: Command, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text((FIXTURES / "good.yaml").read_text())
    (tmp_path / "values.yaml").write_text("replicas: 2\n")
    found = neuroscale("check", tmp_path)
    assert (found.exit_code, found.stdout) == (0, "no findings\n")
    assert found.stderr == f"note: {tmp_path / 'values.yaml'} is left out: it holds no Kubernetes object\n"
    named = neuroscale("check", tmp_path / "good.yaml", tmp_path / "values.yaml")
    assert named.exit_code == 2


@pytest.mark.parametrize(
    "text",
    ["kind: InferenceService\n", "a: 1\n---\napiVersion: v1\nkind: Pod\n", '{"Kind":"Pod"}', "APIVersion: v1\n"],
)
def test_a_manifest_that_was_written_wrongly_is_never_left_out(
    neuroscale: Command, tmp_path: Path, text: str
) -> None:
    (tmp_path / "good.yaml").write_text((FIXTURES / "good.yaml").read_text())
    (tmp_path / "wrong.yaml").write_text(text)
    result = neuroscale("check", tmp_path)
    assert result.exit_code == 2
    assert "wrong.yaml" in result.stderr


def test_a_link_that_leads_nowhere_is_never_left_out(neuroscale: Command, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text((FIXTURES / "good.yaml").read_text())
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere.yaml")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    result = neuroscale("check", tmp_path)
    assert result.exit_code == 2
    assert "gone.yaml" in result.stderr


def test_a_glob_that_matches_folders_walks_them(neuroscale: Command, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "denied.yaml").write_text((FIXTURES / "denied.yaml").read_text())
    (tmp_path / "good.yaml").write_text((FIXTURES / "good.yaml").read_text())
    assert neuroscale("check", tmp_path / "*").exit_code == 1


def test_a_bug_of_ours_is_never_a_verdict(
    neuroscale: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise ZeroDivisionError("boom")

    monkeypatch.setitem(FINDING_FORMATS, "text", fail)
    result = neuroscale("check", FIXTURES / "good.yaml")
    assert result.exit_code == 2
    assert "internal error: ZeroDivisionError" in result.stderr


def test_a_file_that_several_paths_reach_is_judged_once(neuroscale: Command) -> None:
    once = neuroscale("check", FIXTURES / "denied.yaml")
    twice = neuroscale("check", FIXTURES / "denied.yaml", FIXTURES / "denied.yaml")
    assert twice == once
