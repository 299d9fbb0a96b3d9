"""One certificate and its key: read, checked, and turned into a TLS context that nothing serves with yet."""

import hashlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from neuroscale.errors import InvalidInputError, UnreadableInputError


@dataclass(frozen=True, slots=True)
class PairFiles:
    """Where a pair is read from.

    Attributes:
        certificate: PEM chain, the server's own certificate first.
        key: PEM private key, not encrypted.
        authority: PEM bundle of authorities, to know when they expire; None when it is not mounted.
    """

    certificate: Path
    key: Path
    authority: Path | None = None


@dataclass(frozen=True, slots=True)
class CertificatePair:
    """A pair that passed its checks.

    Attributes:
        context: Server context with this pair loaded.
        valid_from: Start of the server certificate's validity, UTC.
        valid_until: End of it, UTC.
        authority_valid_until: When the last authority of the bundle expires; None when no authority is given. A
            certificate may be issued to outlive its authority, and then it is worth nothing from that day on.
        digest: SHA-256 over the bytes of the files.
    """

    context: ssl.SSLContext
    valid_from: datetime
    valid_until: datetime
    authority_valid_until: datetime | None
    digest: str

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether a client would accept the dates."""
        authority_is_valid = self.authority_valid_until is None or moment <= self.authority_valid_until
        return authority_is_valid and self.valid_from <= moment <= self.valid_until


def digest_files(files: PairFiles) -> str:
    """Return the SHA-256 over the bytes of the files.

    Raises:
        UnreadableInputError: A file cannot be read.
    """
    digest = hashlib.sha256()
    for path in (files.certificate, files.key, files.authority):
        if path is not None:
            content = _read(path)
            digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def read_pair(files: PairFiles, dns_names: Sequence[str]) -> CertificatePair:
    """Read a pair and check it: PEM, matching key, names.

    Dates are not judged here, because they change with time: see `CertificatePair.is_valid_at`.

    Raises:
        UnreadableInputError: A file cannot be read or parsed.
        InvalidInputError: The pair cannot serve.
    """
    digest = digest_files(files)
    certificate = _certificates(files.certificate)[0]
    _check_key(files, certificate)
    _check_names(files.certificate, certificate, dns_names)
    authorities = _certificates(files.authority) if files.authority else []
    context = _context(files)
    if digest_files(files) != digest:
        raise UnreadableInputError("the files changed while they were read", field=str(files.certificate))
    return CertificatePair(
        context=context,
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
        authority_valid_until=max((each.not_valid_after_utc for each in authorities), default=None),
        digest=digest,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableInputError(f"cannot be read: {error.strerror}", field=str(path)) from error


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError as error:
        raise UnreadableInputError("is not a PEM certificate", field=str(path)) from error


def _check_key(files: PairFiles, certificate: x509.Certificate) -> None:
    try:
        key = load_pem_private_key(_read(files.key), password=None)
    except (ValueError, TypeError) as error:
        raise UnreadableInputError("is not an unencrypted PEM private key", field=str(files.key)) from error
    if key.public_key() != certificate.public_key():
        raise InvalidInputError(
            "the key does not belong to the certificate",
            field=str(files.key),
            fix=f"mount the key that {files.certificate} was issued for",
        )


def _check_names(path: Path, certificate: x509.Certificate, dns_names: Sequence[str]) -> None:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        present: list[str] = []
    else:
        present = extension.value.get_values_for_type(x509.DNSName)
    missing = [name for name in dns_names if name not in present]
    if missing:
        raise InvalidInputError(
            f"the certificate is not valid for {', '.join(missing)}; its names are: {', '.join(present) or 'none'}",
            field=str(path),
            fix="issue it with the name of the webhook's Service as a subject alternative name",
        )


def _context(files: PairFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(files.certificate, files.key)
    except (ssl.SSLError, OSError) as error:
        raise InvalidInputError("the pair cannot be loaded", field=str(files.certificate)) from error
    return context
