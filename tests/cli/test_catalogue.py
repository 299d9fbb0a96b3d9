"""`neuroscale catalogue` as a person runs it."""

import json
from pathlib import Path

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from tests.catalogue_building.packages import write_published
from tests.cli.conftest import Command

LLAMA = {"model_type": "llama", "hidden_size": 64, "bos_token_id": 1}
PROVENANCE = "published config.json, copied by hand"


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    directory = tmp_path / "configs"
    directory.mkdir()
    (directory / "org--model.json").write_text(json.dumps(LLAMA), encoding="utf-8")
    return directory


def test_list_names_every_model_one_per_line(neuroscale: Command) -> None:
    listed = neuroscale("catalogue", "list")
    assert listed.exit_code == 0
    assert tuple(listed.stdout.splitlines()) == load_catalogue().repositories()


def test_list_as_json_is_an_array_of_names(neuroscale: Command) -> None:
    listed = neuroscale("catalogue", "list", "--output", "json")
    assert tuple(json.loads(listed.stdout)) == load_catalogue().repositories()


def test_show_prints_an_entry_with_its_provenance_whatever_the_case_of_the_name(neuroscale: Command) -> None:
    shown = json.loads(neuroscale("catalogue", "show", "OPENAI/gpt-oss-20b").stdout)
    assert shown["repository"] == "openai/gpt-oss-20b"
    assert shown["provenance"].startswith("published config.json as shipped in the PyPI package ")
    assert shown["config"]["num_local_experts"] == 32


def test_show_suggests_names_that_look_alike(neuroscale: Command) -> None:
    shown = neuroscale("catalogue", "show", "openai/gpt-os-20b")
    assert shown.exit_code == 2
    assert "did you mean openai/gpt-oss-20b" in shown.stderr


def test_build_writes_a_file_from_a_directory(neuroscale: Command, configs: Path, tmp_path: Path) -> None:
    output = tmp_path / "catalogue.jsonl"
    built = neuroscale("catalogue", "build", "--configs", configs, PROVENANCE, "--output", output)
    assert built.exit_code == 0
    assert built.stdout == f"1 model written to {output}, 0 left out\n"
    assert json.loads(output.read_text(encoding="utf-8")) == {
        "repository": "org/model",
        "revision": None,
        "provenance": PROVENANCE,
        "config": {"model_type": "llama", "hidden_size": 64},
    }


def test_build_reads_packages_and_keeps_what_an_earlier_catalogue_has(
    neuroscale: Command, configs: Path, tmp_path: Path
) -> None:
    wheel = write_published(tmp_path, {"org--shipped_config.json": LLAMA, "org--broken_config.json": [1]})
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    built = neuroscale("catalogue", "build", wheel, "--output", first)
    assert built.exit_code == 0
    assert "left out: aiconfigurator_core/model_configs/org--broken_config.json: not a JSON object" in built.stderr
    assert built.stdout == f"1 model written to {first}, 1 left out\n"
    neuroscale("catalogue", "build", "--configs", configs, PROVENANCE, "--keep", first, "--output", second)
    names = [json.loads(line)["repository"] for line in second.read_text(encoding="utf-8").splitlines()]
    assert names == ["org/model", "org/shipped"]


def test_building_twice_gives_the_same_bytes(neuroscale: Command, configs: Path, tmp_path: Path) -> None:
    outputs = [tmp_path / name for name in ("one", "two")]
    for output in outputs:
        neuroscale("catalogue", "build", "--configs", configs, PROVENANCE, "--output", output)
    assert outputs[0].read_bytes() == outputs[1].read_bytes()


def test_build_without_anything_to_read_is_refused(neuroscale: Command, tmp_path: Path) -> None:
    built = neuroscale("catalogue", "build", "--output", tmp_path / "catalogue.jsonl")
    assert built.exit_code == 2
    assert "nothing to build from" in built.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--configs", "nowhere", PROVENANCE), "nowhere: is no directory"),
        (("nowhere-1.0.whl",), "nowhere-1.0.whl: is neither the archive nor the name"),
        (("--configs", "configs", "by hand"), "'by hand' does not say where the files came from"),
        (("--configs", "configs", PROVENANCE, "--keep", "nowhere"), "nowhere: cannot be read"),
        (("--configs", "configs", PROVENANCE, "--keep", "configs/org--model.json"), "is no line of a catalogue"),
    ],
)
def test_build_refuses_in_one_line_and_writes_nothing(
    neuroscale: Command,
    configs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    built = neuroscale("catalogue", "build", *arguments, "--output", "catalogue.jsonl")
    assert built.exit_code == 2
    assert message in built.stderr
    assert built.stderr.startswith("error: ")
    assert built.stderr.count("\n") == 1
    assert not Path("catalogue.jsonl").exists()


def test_malformed_json_is_refused_and_an_older_file_stays(
    neuroscale: Command, configs: Path, tmp_path: Path
) -> None:
    output = tmp_path / "catalogue.jsonl"
    output.write_text("older", encoding="utf-8")
    (configs / "org--other.json").write_text("{", encoding="utf-8")
    built = neuroscale("catalogue", "build", "--configs", configs, PROVENANCE, "--output", output)
    assert built.exit_code == 2
    assert "org--other.json: not JSON" in built.stderr
    assert output.read_text(encoding="utf-8") == "older"


def test_an_output_that_cannot_be_written_is_refused(neuroscale: Command, configs: Path, tmp_path: Path) -> None:
    built = neuroscale(
        "catalogue", "build", "--configs", configs, PROVENANCE, "--output", tmp_path / "no" / "catalogue.jsonl"
    )
    assert built.exit_code == 2
    assert "cannot be written" in built.stderr
