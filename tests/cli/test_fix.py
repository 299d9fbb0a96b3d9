"""`neuroscale check --fix` and `--diff`: what is certain is repaired, and nothing else in a file moves."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import FIXTURES, Command

BEFORE = (FIXTURES / "repairs" / "before.yaml").read_text(encoding="utf-8")
AFTER = (FIXTURES / "repairs" / "after.yaml").read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with faults whose repairs are certain."""
    path = tmp_path / "endpoints.yaml"
    path.write_text(BEFORE, encoding="utf-8")
    return path


def test_comments_order_quotes_and_layout_stay(neuroscale: Command, file: Path) -> None:
    result = neuroscale("check", file, "--fix")
    assert file.read_text(encoding="utf-8") == AFTER
    assert (result.exit_code, result.stdout) == (0, "no findings\n")
    assert result.stderr.count("repaired: ") == 7


def test_a_repaired_file_is_not_touched_again(neuroscale: Command, file: Path) -> None:
    neuroscale("check", file, "--fix")
    modified = file.stat().st_mtime_ns
    again = neuroscale("check", file, "--fix")
    assert (again.exit_code, again.stdout, again.stderr) == (0, "no findings\n", "")
    assert file.stat().st_mtime_ns == modified


def test_what_has_no_certain_repair_remains_and_decides_the_exit_code(neuroscale: Command, file: Path) -> None:
    file.write_text(BEFORE.replace("--tensor-parallel-size=2", "--tensor-parallel-size=3"), encoding="utf-8")
    result = neuroscale("check", file, "--fix", "--output", "json")
    assert result.exit_code == 1
    assert {each["rule"] for each in json.loads(result.stdout)["findings"]} >= {"NS101", "NS106"}
    assert "--enable-expert-parallel=true" not in file.read_text(encoding="utf-8")


def test_a_diff_writes_nothing_and_judges_the_files_as_they_are(neuroscale: Command, file: Path) -> None:
    result = neuroscale("check", file, "--diff")
    assert result.exit_code == 1
    assert file.read_text(encoding="utf-8") == BEFORE
    assert "+    model-architecture: moe\n" in result.stdout
    assert "after --fix: no findings" in result.stderr


def test_a_diff_is_a_patch(neuroscale: Command, file: Path) -> None:
    file.write_text(BEFORE.rstrip("\n"), encoding="utf-8")
    difference = neuroscale("check", file, "--diff").stdout
    subprocess.run(["git", "apply", "--unsafe-paths", "-p0", "-"], input=difference, text=True, check=True, cwd="/")
    assert file.read_text(encoding="utf-8") == AFTER.rstrip("\n")


def test_a_diff_of_nothing_is_empty(neuroscale: Command) -> None:
    result = neuroscale("check", FIXTURES / "good.yaml", "--diff")
    assert (result.exit_code, result.stdout) == (0, "")


def test_standard_input_goes_repaired_to_standard_output(neuroscale: Command) -> None:
    result = neuroscale("check", "-", "--fix", stdin=BEFORE)
    assert (result.exit_code, result.stdout) == (0, AFTER)
    assert "no findings" in result.stderr


def test_standard_input_is_not_mixed_with_files(neuroscale: Command, file: Path) -> None:
    result = neuroscale("check", "-", file, "--fix", stdin=BEFORE)
    assert (result.exit_code, result.stdout) == (2, "")
    assert file.read_text(encoding="utf-8") == BEFORE


def test_line_breaks_marks_permissions_and_links_stay(neuroscale: Command, file: Path, tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + BEFORE.replace("\n", "\r\n").encode()
    file.write_bytes(content)
    file.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    assert neuroscale("check", link, "--fix").exit_code == 0
    assert file.read_bytes() == b"\xef\xbb\xbf" + AFTER.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["endpoints.yaml", "link.yaml"]


def test_a_json_manifest_is_repaired_in_place(neuroscale: Command, tmp_path: Path) -> None:
    file = tmp_path / "endpoint.json"
    text = """{"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
  "metadata": {"name": "a", "labels": {"owner": "o", "cost-center": "c", "model-architecture": "moe",
    "active-param-ratio": "0.11", "total-params": "30.5B"}},
  "spec": {"predictor": {"containers": [{"name": "kserve-container", "image": "vllm/vllm-openai:v0.33.0",
    "args": ["--model=Qwen/Qwen3-30B-A3B", "--tensor-parallel-size=2", "--enable-expert-parallel=true"],
    "ports": [{"containerPort": 8000}]}]}}}
"""
    file.write_text(text, encoding="utf-8")
    assert neuroscale("check", file, "--fix").exit_code == 0
    assert file.read_text(encoding="utf-8") == text.replace("parallel=true", "parallel")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BEFORE.replace("name: copied-flags", "name: {{ .Release.Name }}"), "template"),
        (BEFORE.replace("name: copied-flags", 'name: "{{ .Values.name }}"'), "is a template of Helm"),
        (BEFORE + "---\na: [\n", "not YAML"),
        (BEFORE + "---\nreplicas: 2\n", "not a Kubernetes object"),
    ],
)
def test_templates_and_broken_files_are_refused_and_nothing_is_written(
    neuroscale: Command, file: Path, text: str, said: str
) -> None:
    other = file.with_name("broken.yaml")
    other.write_text(text, encoding="utf-8")
    result = neuroscale("check", file, other, "--fix")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "broken.yaml" in result.stderr
    assert (file.read_text(encoding="utf-8"), other.read_text(encoding="utf-8")) == (BEFORE, text)


def test_a_field_that_an_alias_shares_is_left_alone_aloud(neuroscale: Command, file: Path) -> None:
    text = BEFORE.replace('args: ["--model=Qwen/Qwen3-32B"', 'args: &args ["--model=Qwen/Qwen3-32B"').replace(
        "---\n", "    - {name: sidecar, image: busybox, args: *args}\n---\n"
    )
    file.write_text(text, encoding="utf-8")
    result = neuroscale("check", file, "--fix")
    assert "not repaired" in result.stderr
    assert "anchor" in result.stderr
    assert "'--enable-expert-parallel']" in file.read_text(encoding="utf-8")
    assert "model-architecture: moe" in file.read_text(encoding="utf-8")


def test_the_items_of_a_list_are_repaired(neuroscale: Command, file: Path) -> None:
    documents = BEFORE.split("---\n")
    items = "".join(
        "- " + "".join(f"  {line}\n" for line in document.splitlines() if not line.startswith("#")).lstrip()
        for document in documents
    )
    file.write_text(f"apiVersion: v1\nkind: List\nitems:\n{items}", encoding="utf-8")
    result = neuroscale("check", file, "--fix")
    assert (result.exit_code, result.stdout) == (0, "no findings\n")


def test_what_an_exception_sets_aside_is_not_repaired(neuroscale: Command, file: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text(
        "apiVersion: neuroscale.dev/v1alpha1\nkind: RulePolicy\nexceptions:\n"
        "- {rule: NS105, namespace: search, reason: r, owner: o, expires: 2999-01-01}\n",
        encoding="utf-8",
    )
    neuroscale("check", file, "--fix", "--policy", policy)
    assert "'--enable-expert-parallel']" in file.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_named(
    neuroscale: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(file))

    monkeypatch.setattr("os.fsync", full)
    result = neuroscale("check", file, "--fix")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "endpoints.yaml: cannot be written: No space left on device" in result.stderr
    assert [each.name for each in file.parent.iterdir()] == ["endpoints.yaml"]
    assert file.read_text(encoding="utf-8") == BEFORE
