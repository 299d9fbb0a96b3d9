"""The model profile: the facts of a model that travel on the serving object, signed by who looked them up.

A profile is one line of canonical JSON in an annotation; its Ed25519 signature is in a second annotation. A
verified signature says that the holder of the key vouches for the facts, not that the object serves this model.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from neuroscale.architecture.retained_fields import retained_fields
from neuroscale.architecture.storage_uri import check_storage_uri, is_uri
from neuroscale.architecture.strict_json import canonical, parse_object
from neuroscale.errors import InvalidInputError

PROFILE_ANNOTATION = "neuroscale.dev/model-profile"
SIGNATURE_ANNOTATION = "neuroscale.dev/model-profile-signature"

# Kubernetes allows 256 KiB for all annotations of an object together.
MAXIMUM_PROFILE_BYTES = 128 * 1024

# The signature covers this prefix too, so that no other signed text of the same key can pass as a profile.
_SIGNED_PREFIX = b"neuroscale.dev/model-profile/v1\n"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAMES = frozenset({"repository", "revision", "config_sha256", "config"})


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """What is known of a model.

    Attributes:
        repository: Repository name on the hub, e.g. "google/gemma-4-26B-A4B"; for a model of no hub the storage URI
            that KServe takes it from, e.g. "s3://models/llama".
        revision: Branch, tag or commit of the repository; None when it was not pinned.
        config_sha256: SHA-256, in hexadecimal, of the whole configuration in canonical JSON (sorted names, no
            spaces, ASCII), so that it does not depend on how a file is laid out.
        config: The fields of the configuration that may bear on the architecture.
    """

    repository: str
    revision: str | None
    config_sha256: str
    config: Mapping[str, object]


def make_profile(repository: str, revision: str | None, config: Mapping[str, object]) -> ModelProfile:
    """Make the profile of a model from its whole configuration.

    Raises:
        InvalidInputError: A name is malformed, the configuration is no JSON, or the profile would be too large.
    """
    digest = configuration_sha256(config)
    profile = _checked(ModelProfile(repository, revision, digest, retained_fields(config)))
    write_profile(profile)
    return profile


def configuration_sha256(config: Mapping[str, object]) -> str:
    """Return the SHA-256, in hexadecimal, of a whole configuration in canonical JSON.

    Raises:
        InvalidInputError: The configuration is no JSON.
    """
    try:
        return hashlib.sha256(canonical(config, infinities=True).encode()).hexdigest()
    except ValueError as problem:
        raise InvalidInputError(str(problem), field="config") from None


def write_profile(profile: ModelProfile) -> str:
    """Return the profile as one line of canonical JSON.

    Raises:
        InvalidInputError: The profile is too large for an annotation.
    """
    text = canonical(
        {
            "repository": profile.repository,
            "revision": profile.revision,
            "config_sha256": profile.config_sha256,
            "config": profile.config,
        }
    )
    _check_size(text)
    return text


def read_profile(text: str) -> ModelProfile:
    """Read a profile from the text of its annotation.

    Raises:
        InvalidInputError: The text is no profile; the message names the field.
    """
    _check_size(text)
    try:
        body = parse_object(text)
    except ValueError as problem:
        raise InvalidInputError(str(problem), field=PROFILE_ANNOTATION) from None
    if unknown := body.keys() - _NAMES:
        raise InvalidInputError("is not part of a model profile", field=f"{PROFILE_ANNOTATION}.{min(unknown)[:40]}")
    if missing := _NAMES - body.keys():
        raise InvalidInputError("is missing", field=f"{PROFILE_ANNOTATION}.{min(missing)}")
    return _checked(ModelProfile(body["repository"], body["revision"], body["config_sha256"], body["config"]))


def sign_profile(text: str, private_key: Ed25519PrivateKey) -> str:
    """Return the signature of a profile's text, in base64."""
    return base64.b64encode(private_key.sign(_SIGNED_PREFIX + text.encode())).decode("ascii")


def verify_profile(text: str, signature: str, public_keys: Iterable[Ed25519PublicKey]) -> bool:
    """Tell whether one of the keys signed exactly this text; a malformed signature is no signature."""
    try:
        signed, raw = _SIGNED_PREFIX + text.encode(), base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return any(_is_signed(public_key, raw, signed) for public_key in public_keys)


def _is_signed(public_key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        public_key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _check_size(text: str) -> None:
    # Canonical text is ASCII; a foreign text can only be larger than its number of characters.
    if len(text) > MAXIMUM_PROFILE_BYTES:
        raise InvalidInputError(
            f"{len(text)} characters are more than the {MAXIMUM_PROFILE_BYTES} that fit on an object",
            field=PROFILE_ANNOTATION,
            fix="name the model in --models or the catalogue instead",
        )


def _checked(profile: ModelProfile) -> ModelProfile:
    for name, value, pattern, form in (
        ("repository", profile.repository, _REPOSITORY, "a repository name such as 'org/name', or a storage URI"),
        ("revision", profile.revision, _REVISION, "a branch, tag or commit, or null"),
        ("config_sha256", profile.config_sha256, _SHA256, "64 lower-case hexadecimal digits"),
    ):
        is_absent = name == "revision" and value is None
        is_stored = name == "repository" and isinstance(value, str) and is_uri(value)
        if not (is_absent or is_stored) and not (isinstance(value, str) and pattern.fullmatch(value)):
            raise InvalidInputError(f"must be {form}", field=f"{PROFILE_ANNOTATION}.{name}")
    if is_uri(profile.repository):
        check_storage_uri(profile.repository, f"{PROFILE_ANNOTATION}.repository")
    if not isinstance(profile.config, Mapping):
        raise InvalidInputError("must be an object", field=f"{PROFILE_ANNOTATION}.config")
    return profile
