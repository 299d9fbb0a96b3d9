"""A model in words: the same facts for a terminal and in Markdown, and none of its author's markup."""

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.reports.model_report import model_as_markdown, model_as_text


def shipped(repository: str) -> ModelArchitecture:
    """Return a model of the catalogue."""
    architecture = load_catalogue().find(repository)
    assert architecture is not None
    return architecture


@pytest.mark.parametrize(
    ("repository", "lines"),
    [
        (
            "google/gemma-4-26B-A4B",
            (
                "in the vision tower          572,792,112",
                "Active parameters            3,822,530,560",
                "without input embedding      3,084,333,056",
                "without embeddings and head  3,084,333,056",
                "Stored weights               48.1 GiB",
                "KV cache of a token          20,480 bytes in 16 bits, 10,240 in FP8",
                "in 25 sliding layers         204,800 bytes of the newest 1,024 tokens",
            ),
        ),
        (
            "deepseek-ai/DeepSeek-V3",
            (
                "Draft layers beside them     1, 13,463,426,048 parameters",
                "in 61 latent layers          70,272 bytes",
            ),
        ),
        ("Qwen/Qwen3.5-35B-A3B", ("in 30 linear layers          a state of 31.4 to 61.4 MiB",)),
    ],
)
def test_the_facts_of_a_model_stand_one_a_line(repository: str, lines: tuple[str, ...]) -> None:
    printed = model_as_text(repository, shipped(repository)).splitlines()
    for line in lines:
        assert line in printed


def test_text_and_markdown_hold_the_same_facts() -> None:
    for repository in ("google/gemma-4-26B-A4B", "deepseek-ai/DeepSeek-V4-Flash", "Qwen/Qwen3.5-35B-A3B"):
        architecture = shipped(repository)
        text = model_as_text(repository, architecture).splitlines()[2:]
        rows = model_as_markdown(repository, architecture).replace("\\", "").splitlines()[4:]
        names = [row.split("|")[1].strip() for row in rows]
        width = max(map(len, names))
        assert text == [
            f"{name:<{width}}  {row.split('|')[2].strip()}" for name, row in zip(names, rows, strict=True)
        ]


def test_a_configuration_does_not_steer_the_terminal() -> None:
    printed = model_as_text("", read_architecture({"model_type": "\x1b[2Jllama\u202e"}))
    assert "\x1b" not in printed
    assert "\u202e" not in printed


def test_heads_of_other_layers_are_told() -> None:
    config = {"model_type": "laguna", "num_hidden_layers": 2, "num_attention_heads_per_layer": [48, 64]}
    assert "48 heads, 64 in other layers, 8 KV heads" in model_as_text("", read_architecture(config))
