"""A throw-away certificate authority for servers on the loopback."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_VALIDITY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """An ECDSA P-256 authority.

    Attributes:
        certificate: Its self-signed certificate.
        key: Its private key.
    """

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """Return the certificate in PEM, for a caBundle or a kubeconfig."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True, slots=True)
class ServingPair:
    """Where a server finds its certificate and key.

    Attributes:
        certificate_file: PEM certificate.
        key_file: PEM private key, readable by the owner alone.
    """

    certificate_file: Path
    key_file: Path


def new_authority(name: str) -> CertificateAuthority:
    """Make an authority with the given common name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, subject, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return CertificateAuthority(builder.sign(key, hashes.SHA256()), key)


def issue(authority: CertificateAuthority, directory: Path, *, names: list[str]) -> ServingPair:
    """Write `tls.crt` and `tls.key` of a server known under `names` (DNS names or IP addresses) to a folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    builder = _builder(subject, authority.certificate.subject, key.public_key())
    builder = builder.add_extension(
        x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
    )
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    certificate = builder.sign(authority.key, hashes.SHA256())
    directory.mkdir(parents=True, exist_ok=True)
    pair = ServingPair(directory / "tls.crt", directory / "tls.key")
    pair.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_private(pair.key_file, key)
    return pair


def write_token_keys(directory: Path) -> tuple[Path, Path]:
    """Write the RSA key pair that signs service-account tokens; return the public and the private file."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public_file, private_file = directory / "service-account.pub", directory / "service-account.key"
    public_file.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    _write_private(private_file, key)
    return public_file, private_file


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + _VALIDITY)
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_private(file: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
