"""JSON is read with positions, one value after the other as kubectl accepts it."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroscale.errors import NeuroScaleError, UnreadableInputError
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.json_text import parse_json

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(json_values, st.sampled_from([None, 1, "\t"]))
def test_a_value_is_read_as_the_standard_library_reads_it(value: object, indent: int | str | None) -> None:
    (read,) = parse_json(json.dumps(value, indent=indent), "file.json")
    assert read.value == json.loads(json.dumps(value).encode().decode("utf-8", "replace"))


def test_several_values_may_follow_each_other() -> None:
    assert [read.value for read in parse_json('{"a": 1}\n{"b": 2}\n', "file.json")] == [{"a": 1}, {"b": 2}]


def test_a_number_is_what_the_api_server_holds() -> None:
    (read,) = parse_json("[1.0, 1e3, 1.5, -0, 123456789012345678901234567890]", "file.json")
    assert read.value == [1, 1000, 1.5, 0, 1.2345678901234568e29]


@pytest.mark.parametrize(
    ("text", "location", "words"),
    [
        ('{"a": 1,\n "a": 2}', "file.json:2:2", 'key "a" is already set in this mapping at line 1'),
        ('{"a" 1}', "file.json:1:6", '":" is expected here'),
        ('{"a": 1 "b"}', "file.json:1:9", '"," or "}" is expected here'),
        ("[1 2]", "file.json:1:4", '"," or "]" is expected here'),
        ("{a: 1}", "file.json:1:2", "a key in double quotes"),
        ('{"a": NaN}', "file.json:1:7", "a value is expected here"),
        ('{"a": 1e999}', "file.json:1:7", "a number is out of range"),
        ('{"a": "x', "file.json:1:7", "Unterminated string"),
        ('{"a":', "file.json:1:6", "a value is expected here"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(text: str, location: str, words: str) -> None:
    with pytest.raises(UnreadableInputError) as caught:
        load_manifests(text, "file.json")
    assert caught.value.field == location
    assert words in caught.value.message


def test_nesting_is_bounded() -> None:
    with pytest.raises(UnreadableInputError, match="nested deeper than 100 levels"):
        parse_json("[" * 100_000, "deep.json")


def test_half_of_a_surrogate_pair_can_still_be_printed() -> None:
    (read,) = parse_json('"\\ud800 and \\ud83d\\ude00"', "file.json")
    assert read.value == "\ufffd and \U0001f600"


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from('{}[]",:0123e.-+ntrufalse\\ \n'), max_size=40))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    with contextlib.suppress(NeuroScaleError):
        load_manifests(text, "any.json")
