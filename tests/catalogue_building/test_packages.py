"""Packages that ship published configurations: what is read from them, and what is refused."""

import json
from pathlib import Path

import pytest

from neuroscale.catalogue_building.build import build_catalogue
from neuroscale.catalogue_building.known_packages import given_package, known_packages
from neuroscale.errors import InvalidInputError, UnreadableInputError
from tests.catalogue_building.packages import VERSION, write_published, write_wheel

LLAMA = {"model_type": "llama", "hidden_size": 64}


def test_a_published_configuration_is_kept_with_the_package_and_its_version(tmp_path: Path) -> None:
    wheel = write_published(tmp_path, {"org--model_config.json": LLAMA})
    (line,) = build_catalogue([given_package(str(wheel))], []).lines
    entry = json.loads(line)
    assert entry["repository"] == "org/model"
    assert entry["config"] == LLAMA
    assert entry["provenance"] == (
        f"published config.json as shipped in the PyPI package aiconfigurator-core {VERSION}"
    )


def test_the_first_of_two_packages_wins(tmp_path: Path) -> None:
    newer = write_published(tmp_path, {"org--model_config.json": LLAMA})
    older = write_published(
        tmp_path, {"Org--Model_config.json": {**LLAMA, "hidden_size": 128}}, name="aiconfigurator"
    )
    for packages, hidden_size in (([newer, older], 64), ([older, newer], 128)):
        (line,) = build_catalogue([given_package(str(path)) for path in packages], []).lines
        assert json.loads(line)["config"]["hidden_size"] == hidden_size


def test_a_directory_of_the_user_wins_over_a_package(tmp_path: Path) -> None:
    wheel = write_published(tmp_path, {"org--model_config.json": LLAMA})
    configs = tmp_path / "configs"
    configs.mkdir()
    (configs / "org--model.json").write_text(json.dumps({**LLAMA, "hidden_size": 128}), encoding="utf-8")
    (line,) = build_catalogue([given_package(str(wheel))], [(configs, "taken from the hub by hand")]).lines
    assert json.loads(line)["provenance"] == "taken from the hub by hand"


def test_a_package_with_two_configurations_of_one_repository_is_refused(tmp_path: Path) -> None:
    wheel = write_published(
        tmp_path, {"org--model_config.json": LLAMA, "org--model.json": {**LLAMA, "hidden_size": 128}}
    )
    with pytest.raises(InvalidInputError, match="org/model: is given twice, with different hidden_size"):
        build_catalogue([given_package(str(wheel))], [])


def test_a_file_of_a_package_that_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    wheel = write_wheel(
        tmp_path,
        "aiconfigurator-core",
        {
            "aiconfigurator_core/model_configs/org--good_config.json": json.dumps(LLAMA),
            "aiconfigurator_core/model_configs/org--broken_config.json": "{",
        },
    )
    built = build_catalogue([given_package(str(wheel))], [])
    assert len(built.lines) == 1
    (problem,) = built.left_out
    assert "org--broken_config.json: not JSON" in problem


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "aiconfigurator-1.0-py3-none-any.whl"
    wheel.write_bytes(b"no archive")
    with pytest.raises(UnreadableInputError) as refused:
        build_catalogue([given_package(str(wheel))], [])
    assert refused.value.field == str(wheel)


@pytest.mark.parametrize("argument", ["numpy-2.0.0-py3-none-any.whl", "no-such-package", "aiconfigurator-1.0.whl"])
def test_what_is_no_known_package_is_refused_with_the_known_ones(argument: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        given_package(argument)
    assert refused.value.field == argument
    assert all(known.name in str(refused.value.fix) for known in known_packages())


def test_a_package_of_an_unknown_kind_of_archive_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "aiconfigurator-1.0-py3.rpm"
    archive.write_bytes(b"")
    with pytest.raises(InvalidInputError, match="is no package"):
        build_catalogue([given_package(str(archive))], [])


def test_a_version_that_ships_nothing_of_use_is_refused(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "aiconfigurator", {"aiconfigurator/__init__.py": ""})
    with pytest.raises(InvalidInputError, match="holds no published configurations"):
        build_catalogue([given_package(str(wheel))], [])
