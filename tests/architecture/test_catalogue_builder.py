"""The command that makes the catalogue's data file from a directory of published configurations."""

import json
from pathlib import Path

import pytest

from neuroscale.architecture.catalogue_builder import main

PROVENANCE = "published config.json as shipped in a test"
LLAMA = {
    "model_type": "llama",
    "hidden_size": 4096,
    "bos_token_id": 1,
    "transformers_version": "4.40",
    "use_cache": True,
}


def _write(directory: Path, name: str, body: object) -> None:
    (directory / name).write_text(json.dumps(body), encoding="utf-8")


def _build(directory: Path, output: Path) -> list[dict[str, object]]:
    assert main([str(directory), "--provenance", PROVENANCE, "--output", str(output)]) == 0
    return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    configs = tmp_path / "configs"
    configs.mkdir()
    return configs


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.jsonl"


def test_a_configuration_becomes_an_entry_with_the_fields_that_matter(directory: Path, output: Path) -> None:
    _write(directory, "org--model_config.json", LLAMA)
    assert _build(directory, output) == [
        {
            "repository": "org/model",
            "revision": None,
            "provenance": PROVENANCE,
            "config": {"model_type": "llama", "hidden_size": 4096},
        }
    ]


def test_files_named_as_in_a_model_directory_are_read_too(directory: Path, output: Path) -> None:
    _write(directory, "org--model.json", LLAMA)
    assert [entry["repository"] for entry in _build(directory, output)] == ["org/model"]


def test_a_companion_quantisation_file_joins_a_configuration_that_declares_none(
    directory: Path, output: Path
) -> None:
    _write(directory, "org--model_config.json", LLAMA)
    _write(directory, "org--model_hf_quant_config.json", {"quantization": {"quant_algo": "NVFP4"}})
    (entry,) = _build(directory, output)
    assert entry["config"] == {
        "model_type": "llama",
        "hidden_size": 4096,
        "quantization_config": {"quant_method": "modelopt", "quantization": {"quant_algo": "NVFP4"}},
    }
    assert entry["provenance"] == f"{PROVENANCE}, joined with its hf_quant_config.json"


def test_a_declared_quantisation_wins_over_the_companion_file(directory: Path, output: Path) -> None:
    _write(directory, "org--model_config.json", {**LLAMA, "quantization_config": {"quant_method": "fp8"}})
    _write(directory, "org--model_hf_quant_config.json", {"quantization": {"quant_algo": "NVFP4"}})
    (entry,) = _build(directory, output)
    assert entry["provenance"] == PROVENANCE


def test_a_second_run_adds_and_replaces_and_keeps_the_rest_in_order(directory: Path, output: Path) -> None:
    _write(directory, "b--model.json", LLAMA)
    _write(directory, "C--model.json", LLAMA)
    _build(directory, output)
    _write(directory, "a--model.json", LLAMA)
    _write(directory, "b--model.json", {**LLAMA, "hidden_size": 8192})
    (directory / "C--model.json").unlink()
    entries = _build(directory, output)
    assert [entry["repository"] for entry in entries] == ["a/model", "b/model", "C/model"]
    assert entries[1]["config"] == {"model_type": "llama", "hidden_size": 8192}


def test_what_cannot_be_read_is_left_out_and_named(
    directory: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(directory, "org--good.json", LLAMA)
    _write(directory, "org--wrong.json", {"model_type": "llama", "hidden_size": -1})
    (directory / "org--broken.json").write_text("{", encoding="utf-8")
    assert [entry["repository"] for entry in _build(directory, output)] == ["org/good"]
    printed = capsys.readouterr().out
    assert "1 models read, 1 in the catalogue" in printed
    assert "hidden_size" in printed
    assert "org--broken.json: not JSON" in printed


def test_a_missing_directory_is_a_usage_error(tmp_path: Path, output: Path) -> None:
    with pytest.raises(SystemExit) as refused:
        main([str(tmp_path / "nowhere"), "--provenance", PROVENANCE, "--output", str(output)])
    assert refused.value.code == 2
