"""YAML means what it means to kubectl, and hostile YAML is refused before it costs anything."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroscale.errors import NeuroScaleError, UnreadableInputError
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.yaml_text import parse_yaml


def value_of(text: str) -> Any:
    (document,) = parse_yaml(text, "file.yaml")
    return document.value


@pytest.mark.parametrize(
    ("written", "meaning"),
    [
        ("yes", True),
        ("on", True),
        ("y", True),
        ("off", False),
        ("N", False),
        ("~", None),
        ("Null", None),
        ("017", 15),
        ("0o17", 15),
        ("08", 8),
        ("0x1F", 31),
        ("-0b101", -5),
        ("1_000", 1000),
        ("1e3", 1000),
        ("1.50", 1.5),
        ("18446744073709551615", 2**64 - 1),
        ("12:30", "12:30"),
        ("2026-11-21", "2026-11-21"),
        ("1.2.3", "1.2.3"),
        ("-", None),
        ("+", "+"),
        ("1e400", "1e400"),
        ("._5", "._5"),
        ('"yes"', "yes"),
        ("'017'", "017"),
        ("!!str 017", "017"),
        ("!!int 017", 15),
        ("!!float 3", 3),
    ],
)
def test_a_scalar_means_what_it_means_to_kubectl(written: str, meaning: object) -> None:
    value = value_of(f"a: {written}")["a"] if written != "-" else value_of("- ")[0]
    assert value == meaning
    assert type(value) is type(meaning)


def test_a_key_that_is_no_string_becomes_the_json_key_kubectl_makes_of_it() -> None:
    assert value_of("{on: 1, 017: 2, 1.5: 3, plain: 4}") == {"true": 1, "15": 2, "1.5": 3, "plain": 4}


def test_merge_keys_fill_in_what_the_mapping_does_not_say_itself() -> None:
    text = "base: &b {cpu: 1, gpu: 2}\nother: &o {gpu: 9, disk: 5}\nuse: {<<: [*b, *o], cpu: 4}"
    assert value_of(text)["use"] == {"cpu": 4, "gpu": 2, "disk": 5}


@pytest.mark.parametrize(
    ("text", "location", "words"),
    [
        ("a: 1\na: 2", "file.yaml:2:1", 'key "a" is already set in this mapping at line 1'),
        ("a: 1\nb:\n  on: 1\n  yes: 2", "file.yaml:4:3", 'key "true"'),
        ("a: *nowhere", "file.yaml:1:4", "has no anchor"),
        ("&a [1, *a]", "file.yaml:1:8", "inside its own anchor"),
        ("a: [1, 2", "file.yaml:2:1", "not YAML"),
        ("a: b: c", "file.yaml:1:5", "mapping values are not allowed"),
        ("ok: 1\nbad: \x07", "file.yaml:2:6", "control characters"),
        ("a: !custom 1", "file.yaml:1:4", "has no meaning in a Kubernetes manifest"),
        ("a: !!int four", "file.yaml:1:4", "not a value of type int"),
        ("a: !!set {x}", "file.yaml:1:4", "has no meaning"),
        ("a: .inf", "file.yaml:1:4", "cannot be written as JSON"),
        ("? [1, 2]\n: x", "file.yaml:1:3", "a mapping key must be"),
        ("null: x", "file.yaml:1:1", "a mapping key must be"),
        ("a: 1\nb: {<<: 3}", "file.yaml:2:5", "merge key"),
        ("{{ .Values.image }}", "file.yaml:1:2", "a mapping key must be"),
    ],
)
def test_what_kubectl_refuses_is_refused_with_its_place(text: str, location: str, words: str) -> None:
    with pytest.raises(UnreadableInputError) as caught:
        parse_yaml(text, "file.yaml")
    assert caught.value.field == location
    assert words in caught.value.message


@pytest.mark.parametrize("text", ["{{ .Values.image }}", "{{- if .Values.gpu }}\na: 1\n{{- end }}"])
def test_a_template_is_told_to_be_rendered_first(text: str) -> None:
    with pytest.raises(UnreadableInputError, match="render it first"):
        parse_yaml(text, "deployment.yaml")


def test_nesting_is_bounded() -> None:
    with pytest.raises(UnreadableInputError, match="nested deeper than 100 levels"):
        parse_yaml("[" * 5000, "deep.yaml")


def test_alias_expansion_is_bounded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(UnreadableInputError, match="once its aliases are expanded"):
        parse_yaml("\n".join(lines), "bomb.yaml")


def test_size_is_bounded() -> None:
    with pytest.raises(UnreadableInputError, match="over the limit"):
        parse_yaml("#" * (16 * 1024 * 1024 + 1), "large.yaml")


def refusal(text: str) -> NeuroScaleError | None:
    try:
        load_manifests(text, "any.yaml")
    except NeuroScaleError as error:
        return error
    return None


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("abc:-[]{},&*!|>'\"#%@` \n\t\\0159.~<"), max_size=60))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    error = refusal(text)
    assert error is None or (error.field or "").startswith("any.yaml:")
