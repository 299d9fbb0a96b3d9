"""Heads and width of a vision tower, where engines cut it over ranks."""

from typing import Any

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import VisionTower
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError


def _config(repository: str) -> dict[str, Any]:
    entry = load_catalogue().entry(repository)
    assert entry is not None
    return dict(entry.config)


@pytest.mark.parametrize(
    ("repository", "tower"),
    [
        ("internlm/CapRL-3B", VisionTower(16, 3420)),
        ("Qwen/Qwen2.5-VL-72B-Instruct", VisionTower(16, 3456)),
        ("Qwen/Qwen2-VL-72B-Instruct", VisionTower(16)),
        ("Qwen/Qwen3-VL-2B-Instruct", VisionTower(16, 4096)),
        ("Qwen/Qwen3.5-35B-A3B", VisionTower(16, 4304)),
        ("google/gemma-3-27b-it", VisionTower(16, 4304)),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", VisionTower(16, 5632)),
        ("Qwen/Qwen3-30B-A3B", None),
        ("google/gemma-4-26B-A4B", None),
    ],
)
def test_the_tower_is_read_where_engines_cut_it(repository: str, tower: VisionTower | None) -> None:
    assert read_architecture(_config(repository)).vision == tower


@pytest.mark.parametrize("tower", [{}, None])
def test_a_tower_that_states_nothing_has_the_figures_of_its_class(tower: dict[str, Any] | None) -> None:
    config = _config("internlm/CapRL-3B") | {"vision_config": tower}
    assert read_architecture(config).vision == VisionTower(16, 3420)


def test_heads_are_read_under_the_name_that_saving_gives_them() -> None:
    config = _config("internlm/CapRL-3B")
    tower = {name: value for name, value in config["vision_config"].items() if name != "num_heads"}
    config["vision_config"] = tower | {"num_attention_heads": 12}
    assert read_architecture(config).vision == VisionTower(12, 3420)


def test_a_tower_without_heads_is_no_tower() -> None:
    config = _config("internlm/CapRL-3B")
    config["vision_config"] = config["vision_config"] | {"num_heads": 0}
    with pytest.raises(InvalidInputError, match=r"vision_config\.num_heads"):
        read_architecture(config)
