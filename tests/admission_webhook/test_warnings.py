"""Warnings that reach the user: the API server drops what is too long, too many or holds a control character."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from admission_webhook.answer import (
    MAXIMUM_WARNING_CHARACTERS,
    MAXIMUM_WARNINGS,
    PREFERRED_WARNING_CHARACTERS,
    write_warnings,
)
from neuroscale.manifests.object import FieldPath, ManifestObject
from neuroscale.rules.finding import Finding, Severity

MANIFEST = ManifestObject("serving.kserve.io/v1beta1", "InferenceService", "team-a", "mixtral", {})


def finding(message: str, fix: str = "", path: FieldPath = ("spec",)) -> Finding:
    return Finding(
        "NS301", "a-rule", Severity.WARN, MANIFEST, path, message, fix, "https://neuroscale.dev/rules/NS301"
    )


def test_a_short_warning_names_rule_field_message_and_fix() -> None:
    assert write_warnings([finding("replicas follow CPU", "scale on queue depth")]) == [
        "NS301: spec: replicas follow CPU (scale on queue depth)"
    ]


def test_the_field_gives_way_when_the_warning_would_exceed_the_preferred_length() -> None:
    path = ("spec", "predictor", "containers", 0, "resources", "limits", "nvidia.com/gpu")
    message = "the pod asks for 8 accelerators and the engine uses 4 of them"
    [text] = write_warnings([finding(message, "ask for 4", path)])
    assert text == f"NS301: {message} (ask for 4)"
    assert len(text) <= PREFERRED_WARNING_CHARACTERS


def test_the_fix_gives_way_when_the_warning_would_exceed_the_hard_limit() -> None:
    [text] = write_warnings([finding("m" * 200, "f" * 100)])
    assert text == "NS301: " + "m" * 200


def test_a_message_beyond_the_hard_limit_is_cut_and_says_so() -> None:
    [text] = write_warnings([finding("m" * 500)])
    assert len(text) == MAXIMUM_WARNING_CHARACTERS
    assert text.endswith("…")


def test_equal_warnings_are_given_once() -> None:
    assert len(write_warnings([finding("the same"), finding("the same")])) == 1


def test_the_last_of_too_many_says_how_many_more_there_are() -> None:
    texts = write_warnings([finding(f"number {number}") for number in range(40)])
    assert len(texts) == MAXIMUM_WARNINGS
    assert texts[-1] == "26 more, see https://neuroscale.dev/admission"


@given(st.lists(st.tuples(st.text(max_size=600), st.text(max_size=300)), max_size=40))
def test_whatever_the_rules_say_every_warning_can_be_sent(sayings: list[tuple[str, str]]) -> None:
    texts = write_warnings([finding(message, fix) for message, fix in sayings])
    assert len(texts) <= MAXIMUM_WARNINGS
    assert sum(map(len, texts)) <= 4096
    for text in texts:
        assert len(text) <= MAXIMUM_WARNING_CHARACTERS
        assert not [character for character in text if unicodedata.category(character) in {"Cc", "Cs"}]
        text.encode("utf-8")
