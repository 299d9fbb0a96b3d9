"""Whose word is taken for what a model is.

The profile annotation states a model's configuration, and anyone who may write the object may write the annotation.
With public keys configured, only a profile that one of them signed is believed; any other is set aside before it is
judged, as if it were not there, and the user is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from neuroscale.architecture.profile import PROFILE_ANNOTATION, SIGNATURE_ANNOTATION, verify_profile
from neuroscale.errors import InvalidInputError, UnreadableInputError
from neuroscale.manifests.object import ManifestObject


@dataclass(frozen=True, slots=True)
class TrustedObject:
    """An object as it may be believed.

    Attributes:
        manifest: The object, without a profile that nobody known has signed.
        note: What was set aside and why, in one line; "" when nothing was.
    """

    manifest: ManifestObject
    note: str = ""


def read_public_keys(files: Sequence[Path]) -> tuple[Ed25519PublicKey, ...]:
    """Read Ed25519 public keys in PEM.

    Raises:
        UnreadableInputError: A file cannot be read.
        InvalidInputError: A file holds no such key.
    """
    return tuple(_read_public_key(file) for file in files)


def believe(manifest: ManifestObject, public_keys: Sequence[Ed25519PublicKey]) -> TrustedObject:
    """Set aside a profile that none of the keys signed; without keys every profile is believed."""
    profile = manifest.annotations.get(PROFILE_ANNOTATION)
    if not public_keys or profile is None:
        return TrustedObject(manifest)
    signature = manifest.annotations.get(SIGNATURE_ANNOTATION)
    if signature is None:
        reason = "carries no signature"
    elif verify_profile(profile, signature, public_keys):
        return TrustedObject(manifest)
    else:
        reason = "was not signed by a key this cluster trusts"
    note = f"the model profile {reason} and is not believed; render the endpoint again"
    return TrustedObject(replace(manifest, body=_without_profile(manifest.body)), note)


def _without_profile(body: Mapping[str, object]) -> Mapping[str, object]:
    metadata = body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    if not isinstance(metadata, Mapping) or not isinstance(annotations, Mapping):
        return body
    kept = {key: value for key, value in annotations.items() if key != PROFILE_ANNOTATION}
    return {**body, "metadata": {**metadata, "annotations": kept}}


def _read_public_key(file: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(file.read_bytes())
    except OSError as error:
        raise UnreadableInputError(f"cannot be read: {error.strerror}", field=str(file)) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInputError("is not a PEM public key", field=str(file)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInputError(
            "is not an Ed25519 public key",
            field=str(file),
            fix="give the public half of the key that signs profiles",
        )
    return key
