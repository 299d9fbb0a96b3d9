"""A directory of published configurations becomes lines of the catalogue."""

import json
from pathlib import Path
from typing import Any

import pytest

from neuroscale.catalogue_building.build import build_catalogue
from neuroscale.errors import InvalidInputError, UnreadableInputError

PROVENANCE = "published config.json as shipped in a test"
LLAMA = {
    "model_type": "llama",
    "hidden_size": 4096,
    "bos_token_id": 1,
    "transformers_version": "4.40",
    "use_cache": True,
}


def _write(directory: Path, name: str, body: object) -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(json.dumps(body), encoding="utf-8")


def _build(*directories: Path) -> list[dict[str, Any]]:
    built = build_catalogue([], [(directory, PROVENANCE) for directory in directories])
    assert built.left_out == ()
    return [json.loads(line) for line in built.lines]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    configs = tmp_path / "configs"
    configs.mkdir()
    return configs


def test_a_configuration_becomes_an_entry_with_the_fields_that_matter(directory: Path) -> None:
    _write(directory, "org--model_config.json", LLAMA)
    assert _build(directory) == [
        {
            "repository": "org/model",
            "revision": None,
            "provenance": PROVENANCE,
            "config": {"model_type": "llama", "hidden_size": 4096},
        }
    ]


def test_files_named_as_in_a_model_directory_are_read_too(directory: Path) -> None:
    _write(directory, "org--model.json", LLAMA)
    assert [entry["repository"] for entry in _build(directory)] == ["org/model"]


def test_a_companion_quantisation_file_joins_a_configuration_that_declares_none(directory: Path) -> None:
    _write(directory, "org--model_config.json", LLAMA)
    _write(directory, "org--model_hf_quant_config.json", {"quantization": {"quant_algo": "NVFP4"}})
    (entry,) = _build(directory)
    assert entry["config"] == {
        "model_type": "llama",
        "hidden_size": 4096,
        "quantization_config": {"quant_method": "modelopt", "quantization": {"quant_algo": "NVFP4"}},
    }
    assert entry["provenance"] == f"{PROVENANCE}, joined with its hf_quant_config.json"


def test_a_declared_quantisation_wins_over_the_companion_file(directory: Path) -> None:
    _write(directory, "org--model_config.json", {**LLAMA, "quantization_config": {"quant_method": "fp8"}})
    _write(directory, "org--model_hf_quant_config.json", {"quantization": {"quant_algo": "NVFP4"}})
    (entry,) = _build(directory)
    assert entry["provenance"] == PROVENANCE


def test_entries_are_sorted_without_regard_to_case(directory: Path) -> None:
    for name in ("b--model.json", "C--model.json", "a--model.json"):
        _write(directory, name, LLAMA)
    assert [entry["repository"] for entry in _build(directory)] == ["a/model", "b/model", "C/model"]


def test_entries_of_an_earlier_catalogue_stay_unless_they_are_given_anew(directory: Path) -> None:
    _write(directory, "b--model.json", LLAMA)
    _write(directory, "C--model.json", LLAMA)
    earlier = build_catalogue([], [(directory, PROVENANCE)]).lines
    (directory / "C--model.json").unlink()
    _write(directory, "b--model.json", {**LLAMA, "hidden_size": 8192})
    entries = [json.loads(line) for line in build_catalogue([], [(directory, PROVENANCE)], earlier).lines]
    assert [entry["repository"] for entry in entries] == ["b/model", "C/model"]
    assert entries[0]["config"]["hidden_size"] == 8192


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match="is no directory"):
        _build(tmp_path / "nowhere")


def test_a_directory_without_configurations_is_refused(directory: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"<org>--<name>\.json"):
        _build(directory)


def test_malformed_json_is_refused_with_its_place(directory: Path) -> None:
    (directory / "org--broken.json").write_text('{"model_type": }', encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"org--broken.json: not JSON: .* line 1, column 16"):
        _build(directory)


def test_bytes_that_are_no_text_are_refused(directory: Path) -> None:
    (directory / "org--broken.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInputError, match=r"org--broken.json"):
        _build(directory)


def test_a_value_that_no_model_can_have_is_refused_with_its_file_and_field(directory: Path) -> None:
    _write(directory, "org--wrong.json", {"model_type": "llama", "hidden_size": -1})
    with pytest.raises(InvalidInputError) as refused:
        _build(directory)
    assert refused.value.field == "org--wrong.json: hidden_size"


def test_a_file_whose_name_tells_no_repository_is_refused(directory: Path) -> None:
    _write(directory, "config.json", LLAMA)
    with pytest.raises(InvalidInputError) as refused:
        _build(directory)
    assert refused.value.field == "config.json"


def test_one_repository_with_two_different_configurations_is_refused(directory: Path) -> None:
    _write(directory, "org--model.json", LLAMA)
    _write(directory, "Org--Model_config.json", {**LLAMA, "hidden_size": 8192})
    with pytest.raises(InvalidInputError, match="is given twice, with different hidden_size"):
        _build(directory)


def test_two_directories_that_disagree_are_refused(tmp_path: Path) -> None:
    _write(tmp_path / "one", "org--model.json", LLAMA)
    _write(tmp_path / "two", "org--model.json", {**LLAMA, "hidden_size": 8192})
    with pytest.raises(InvalidInputError, match="org/model: is given twice"):
        _build(tmp_path / "one", tmp_path / "two")


def test_one_configuration_given_twice_is_one_entry(tmp_path: Path) -> None:
    _write(tmp_path / "one", "org--model.json", LLAMA)
    _write(tmp_path / "two", "org--model.json", LLAMA)
    assert len(_build(tmp_path / "one", tmp_path / "two")) == 1


def test_a_configuration_that_is_too_large_for_the_catalogue_is_named(directory: Path) -> None:
    _write(directory, "org--model.json", {**LLAMA, "modules": ["layer"] * 20_000})
    built = build_catalogue([], [(directory, PROVENANCE)])
    assert built.lines == ()
    assert built.left_out == ("org/model: its configuration is larger than 65536 bytes",)
