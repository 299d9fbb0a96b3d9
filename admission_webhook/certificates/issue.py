"""Development certificates: a certificate authority and a server certificate signed by it."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from neuroscale.errors import InvalidInputError

AUTHORITY_LIFETIME = timedelta(days=365)
SERVER_LIFETIME = timedelta(days=30)

# The API server's clock differs from this machine's; a certificate of this second must be valid over there already.
_CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority that can sign."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where a set of certificates was written."""

    authority: Path
    certificate: Path
    key: Path


def create_authority(now: datetime, lifetime: timedelta = AUTHORITY_LIFETIME) -> Authority:
    """Make a self-signed authority with an ECDSA P-256 key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "NeuroScale development authority")])
    certificate = (
        _builder(name, name, key.public_key(), now - _CLOCK_TOLERANCE, now + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate=certificate, key=key)


def issue_server_certificate(
    authority: Authority,
    dns_names: Sequence[str],
    addresses: Sequence[IPv4Address | IPv6Address],
    now: datetime,
    lifetime: timedelta = SERVER_LIFETIME,
) -> tuple[bytes, bytes]:
    """Sign a server certificate; it never outlives its authority.

    Returns:
        The certificate and its ECDSA P-256 key, both as PEM.

    Raises:
        InvalidInputError: No name is given. The API server ignores common names and looks at subject alternative
            names only.
    """
    if not dns_names and not addresses:
        raise InvalidInputError(
            "a server certificate needs at least one name",
            field="--dns-name",
            fix="give the name of the webhook's Service: <service>.<namespace>.svc",
        )
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "neuroscale-webhook")])
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in dns_names]
    names += [x509.IPAddress(address) for address in addresses]
    expires = min(now + lifetime, authority.certificate.not_valid_after_utc)
    certificate = (
        _builder(subject, authority.certificate.subject, key.public_key(), now - _CLOCK_TOLERANCE, expires)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
        )
        .sign(authority.key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), _private_pem(key)


def write_development_certificates(
    directory: Path,
    dns_names: Sequence[str],
    addresses: Sequence[IPv4Address | IPv6Address],
    now: datetime,
) -> CertificateFiles:
    """Make an authority and a server certificate and write ca.crt, tls.crt and tls.key.

    The authority's key is forgotten: nobody can sign a second certificate that the API server would trust.

    Raises:
        InvalidInputError: No name is given, or the directory cannot be written.
    """
    authority = create_authority(now)
    certificate, key = issue_server_certificate(authority, dns_names, addresses, now)
    files = CertificateFiles(directory / "ca.crt", directory / "tls.crt", directory / "tls.key")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_atomically(files.authority, authority.certificate.public_bytes(serialization.Encoding.PEM), 0o644)
        write_atomically(files.key, key, 0o600)
        write_atomically(files.certificate, certificate, 0o644)
    except OSError as error:
        raise InvalidInputError(
            f"cannot write certificates: {error.strerror}", field=str(error.filename or directory)
        ) from error
    return files


def write_atomically(path: Path, content: bytes, mode: int) -> None:
    """Replace a file in one step, so that a server that polls it never reads half of it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
    Path(temporary).replace(path)


def current_time() -> datetime:
    """Return the present, to the second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
