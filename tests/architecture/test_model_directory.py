"""A directory of configurations, named after their repositories."""

import json
from pathlib import Path

import pytest

from neuroscale.architecture.model_directory import MAXIMUM_CONFIG_BYTES, read_model_directory
from neuroscale.errors import UnreadableInputError


def test_files_are_read_by_repository_name(tmp_path: Path) -> None:
    (tmp_path / "org--name.json").write_text('{"model_type": "llama"}', encoding="utf-8")
    (tmp_path / "old-model.json").write_text('{"model_type": "gpt2"}', encoding="utf-8")
    (tmp_path / "README.md").write_text("not a configuration", encoding="utf-8")
    assert read_model_directory(tmp_path) == {
        "org/name": {"model_type": "llama"},
        "old-model": {"model_type": "gpt2"},
    }


def test_published_files_with_infinities_and_byte_order_marks_are_read(tmp_path: Path) -> None:
    (tmp_path / "org--name.json").write_bytes(b'\xef\xbb\xbf{"time_step_limit": [0.0, Infinity]}')
    assert read_model_directory(str(tmp_path)) == {"org/name": {"time_step_limit": [0.0, float("inf")]}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"\xff\xfe", "utf-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b" " * (MAXIMUM_CONFIG_BYTES + 1), "is larger than"),
        (json.dumps({"a": 1})[:-1].encode() + b',"a":2}', "the name 'a' is given twice"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "org--name.json").write_bytes(content)
    with pytest.raises(UnreadableInputError, match=message) as refused:
        read_model_directory(tmp_path)
    assert str(refused.value.field).endswith("org--name.json")


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match="is no directory"):
        read_model_directory(tmp_path / "nowhere")


def test_a_directory_named_like_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "org--name.json").mkdir()
    with pytest.raises(UnreadableInputError, match="cannot be read"):
        read_model_directory(tmp_path)
