"""Whose word is taken for what a model is: the public keys of whoever signs model profiles.

The profile annotation states a model's configuration, and anyone who may write the object may write the annotation.
With public keys configured, only a profile that one of them signed is believed.
"""

from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from neuroscale.errors import InvalidInputError, UnreadableInputError


def read_public_keys(files: Sequence[Path]) -> tuple[Ed25519PublicKey, ...]:
    """Read Ed25519 public keys in PEM.

    Raises:
        UnreadableInputError: A file cannot be read.
        InvalidInputError: A file holds no such key.
    """
    return tuple(_read_public_key(file) for file in files)


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
