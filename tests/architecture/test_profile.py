"""The model profile: what it keeps, how it is written and read, and when its signature holds."""

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import (
    MAXIMUM_PROFILE_BYTES,
    ModelProfile,
    make_profile,
    read_profile,
    sign_profile,
    verify_profile,
    write_profile,
)
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError
from tests.architecture.ground_truth_rows import model_rows, variant_rows

ROWS = {row["name"]: row for row in model_rows()}
GEMMA: dict[str, Any] = ROWS["google/gemma-4-26B-A4B"]["config"]


def _profile(**changes: object) -> str:
    body = {"repository": "org/name", "revision": None, "config_sha256": "0" * 64, "config": {}, **changes}
    return json.dumps(body)


@pytest.mark.parametrize("row", [*model_rows(), *variant_rows()], ids=lambda row: row["name"])
def test_a_profile_reads_as_the_whole_configuration_does(row: dict[str, Any]) -> None:
    profile = make_profile("org/name", None, row["config"])
    assert read_architecture(profile.config) == read_architecture(row["config"])


def test_every_catalogue_entry_survives_its_profile() -> None:
    catalogue = load_catalogue()
    for repository in catalogue.repositories():
        entry = catalogue.entry(repository)
        assert entry is not None
        profile = read_profile(write_profile(make_profile(repository, "main", entry.config)))
        assert read_architecture(profile.config) == catalogue.find(repository)


def test_what_cannot_bear_on_the_architecture_is_dropped_at_every_level() -> None:
    config = make_profile("org/name", None, GEMMA).config
    text = config["text_config"]
    assert isinstance(text, dict)
    assert not {"transformers_version", "video_token_id", "boi_token_id"} & config.keys()
    assert not {"bos_token_id", "attention_dropout", "initializer_range", "use_cache"} & text.keys()
    assert {"num_experts", "layer_types", "rope_parameters", "sliding_window"} <= text.keys()


def test_the_hash_is_that_of_the_whole_configuration_in_canonical_form() -> None:
    canonical = json.dumps(GEMMA, sort_keys=True, separators=(",", ":"))
    expected = hashlib.sha256(canonical.encode()).hexdigest()
    assert make_profile("org/name", None, GEMMA).config_sha256 == expected
    assert make_profile("org/name", None, dict(reversed(GEMMA.items()))).config_sha256 == expected


def test_a_profile_is_one_line_and_reads_back_the_same() -> None:
    profile = make_profile("google/gemma-4-26B-A4B", "main", GEMMA)
    text = write_profile(profile)
    assert "\n" not in text
    assert text.isascii()
    assert read_profile(text) == profile
    assert write_profile(read_profile(text)) == text


@pytest.mark.parametrize("repository", ["s3://models/llama", "pvc://models/llama", "oci://registry:5000/llama:v1"])
def test_a_model_of_no_hub_is_named_by_where_it_is_stored(repository: str) -> None:
    profile = make_profile(repository, None, GEMMA)
    assert read_profile(write_profile(profile)) == profile


def test_an_infinite_number_of_a_published_file_is_dropped() -> None:
    profile = make_profile("org/name", None, {"model_type": "nemotron_h", "time_step_limit": [0.0, float("inf")]})
    assert profile.config == {"model_type": "nemotron_h"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "config: is missing"),
        ('{"config":{},"config":{}}', "the name 'config' is given twice"),
        (_profile(repository="../../etc"), "repository: must be a repository name"),
        (_profile(repository=7), "repository: must be a repository name"),
        (_profile(repository="a/b/c"), "repository: must be a repository name"),
        (_profile(repository="s3://"), "repository: is no storage URI"),
        (_profile(repository="ftp://host/llama"), "repository: is no source that KServe serves a model from"),
        (_profile(revision=""), "revision: must be a branch, tag or commit, or null"),
        (_profile(config_sha256="0" * 63), "config_sha256: must be 64 lower-case hexadecimal digits"),
        (_profile(config=[]), "config: must be an object"),
        (_profile(more=1), "more: is not part of a model profile"),
        (_profile(config={"a": float("nan")}), "NaN is not a JSON number"),
        ("[" * 100_000, "nested too deeply"),
        ('{"config":' * 40 + "1" + "}" * 40, "nested more than 32 levels deep"),
        ("x" * (MAXIMUM_PROFILE_BYTES + 1), "more than the 131072 that fit on an object"),
    ],
)
def test_a_malformed_profile_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=r"neuroscale\.dev/model-profile") as refused:
        read_profile(text)
    assert message in str(refused.value)


@given(st.text())
@settings(deadline=None)
def test_any_text_is_a_profile_or_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        read_profile(text)


def test_a_configuration_that_is_too_large_is_refused_when_the_profile_is_made() -> None:
    config = {"model_type": "llama", "quantization_config": {"ignore": ["model.layers"] * 20_000}}
    with pytest.raises(InvalidInputError, match="fit on an object"):
        make_profile("org/name", None, config)


def test_a_configuration_that_is_no_json_is_refused() -> None:
    broken: list[Any] = [{"model_type": object()}, {1: "llama"}, {"text_config": {1: 2}}]
    for config in broken:
        with pytest.raises(InvalidInputError, match="config: not a JSON value"):
            make_profile("org/name", None, config)


def test_a_signature_holds_for_its_text_and_key_only() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    text = write_profile(ModelProfile("org/name", None, "0" * 64, {"model_type": "llama"}))
    signature = sign_profile(text, key)
    assert verify_profile(text, signature, [other.public_key(), key.public_key()])
    assert not verify_profile(text, signature, [other.public_key()])
    assert not verify_profile(text, signature, [])
    assert not verify_profile(text.replace("org/name", "org/fame"), signature, [key.public_key()])


@pytest.mark.parametrize("signature", ["", "not base64!", "AAAA", "ä", "A" * 10_000])
def test_a_malformed_signature_is_no_signature(signature: str) -> None:
    assert not verify_profile("{}", signature, [Ed25519PrivateKey.generate().public_key()])


def test_a_signature_over_the_bare_text_does_not_count() -> None:
    import base64

    key = Ed25519PrivateKey.generate()
    bare = base64.b64encode(key.sign(b"{}")).decode()
    assert not verify_profile("{}", bare, [key.public_key()])
