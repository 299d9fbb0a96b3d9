"""Certificates: made for development, checked before use, renewed while serving."""

import asyncio
import ssl
import stat
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from admission_webhook.certificates.__main__ import main
from admission_webhook.certificates.issue import (
    Authority,
    CertificateFiles,
    create_authority,
    current_time,
    issue_server_certificate,
    write_atomically,
)
from admission_webhook.certificates.pair import PairFiles, read_pair
from neuroscale.errors import InvalidInputError, NeuroScaleError, UnreadableInputError
from tests.admission_webhook.process import webhook_process
from tests.admission_webhook.serving import (
    SERVICE_NAME,
    ServedWebhook,
    judge_that_says,
    read_review,
    served_webhook,
    trust,
)

LOOPBACK = ip_address("127.0.0.1")
NOTHING = judge_that_says()


class RenewedCertificates:
    """Files of a server certificate that the test renews, always under one authority."""

    def __init__(self, directory: Path) -> None:
        self.authority: Authority = create_authority(current_time())
        self.files = CertificateFiles(directory / "ca.crt", directory / "tls.crt", directory / "tls.key")
        write_atomically(
            self.files.authority, self.authority.certificate.public_bytes(serialization.Encoding.PEM), 0o644
        )

    def renew(self, *names: str, age: timedelta = timedelta(0), lifetime: timedelta = timedelta(days=1)) -> int:
        """Write a new pair and return its serial number."""
        certificate, key = issue_server_certificate(
            self.authority, names or [SERVICE_NAME], [LOOPBACK], current_time() - age, lifetime
        )
        write_atomically(self.files.key, key, 0o600)
        write_atomically(self.files.certificate, certificate, 0o644)
        return x509.load_pem_x509_certificate(certificate).serial_number

    def write_foreign_key(self) -> None:
        """Write the key of another pair beside the certificate."""
        _, key = issue_server_certificate(self.authority, [SERVICE_NAME], [], current_time())
        write_atomically(self.files.key, key, 0o600)


@pytest.fixture
def renewed(tmp_path: Path) -> RenewedCertificates:
    certificates = RenewedCertificates(tmp_path)
    certificates.renew()
    return certificates


async def serial_of_a_new_connection(port: int, authority: Path, server_name: str | None = None) -> int:
    """Shake hands once, without a server name as for an address, and return the serial number that was shown."""
    context = trust(authority)
    context.check_hostname = server_name is not None
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=server_name or "")
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    return x509.load_der_x509_certificate(shown).serial_number


async def shown_by(webhook: ServedWebhook, server_name: str | None = None) -> int:
    return await serial_of_a_new_connection(webhook.service.reviews.port, webhook.authority, server_name)


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - files are polled, there is no event to wait for
            await asyncio.sleep(0.01)


def loads(webhook: ServedWebhook, result: str) -> float:
    return (
        webhook.metrics.registry.get_sample_value("neuroscale_webhook_certificate_loads_total", {"result": result})
        or 0.0
    )


def test_development_certificates_are_what_the_api_server_accepts(certificates: CertificateFiles) -> None:
    authority = x509.load_pem_x509_certificate(certificates.authority.read_bytes())
    leaf = x509.load_pem_x509_certificate(certificates.certificate.read_bytes())
    leaf.verify_directly_issued_by(authority)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [SERVICE_NAME]
    assert names.get_values_for_type(x509.IPAddress) == [LOOPBACK]
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert leaf.not_valid_after_utc <= authority.not_valid_after_utc
    assert stat.S_IMODE(certificates.key.stat().st_mode) == 0o600


def test_a_server_certificate_never_outlives_its_authority() -> None:
    authority = create_authority(current_time(), lifetime=timedelta(days=2))
    certificate, _ = issue_server_certificate(
        authority, [SERVICE_NAME], [], current_time(), lifetime=timedelta(days=90)
    )
    leaf = x509.load_pem_x509_certificate(certificate)
    assert leaf.not_valid_after_utc == authority.certificate.not_valid_after_utc


def test_the_command_prints_the_file_for_the_ca_bundle(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--directory", str(tmp_path / "new"), "--dns-name", SERVICE_NAME])
    assert result.exit_code == 0
    assert result.stdout == f"{tmp_path / 'new' / 'ca.crt'}\n"
    pair = PairFiles(tmp_path / "new" / "tls.crt", tmp_path / "new" / "tls.key")
    assert read_pair(pair, [SERVICE_NAME]).is_valid_at(current_time())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "--dns-name: a server certificate needs at least one name"),
        (["--ip", "here"], "Invalid value for '--ip'"),
    ],
    ids=["no name", "no address"],
)
def test_the_command_names_what_is_wrong(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(main, ["--directory", str(tmp_path), *arguments])
    assert result.exit_code == 2
    assert complaint in result.stderr


def test_a_key_of_another_certificate_is_refused(renewed: RenewedCertificates) -> None:
    renewed.write_foreign_key()
    with pytest.raises(InvalidInputError, match="the key does not belong to the certificate"):
        read_pair(PairFiles(renewed.files.certificate, renewed.files.key), [])


def test_a_certificate_without_the_name_of_the_service_is_refused(renewed: RenewedCertificates) -> None:
    renewed.renew("another.neuroscale.svc")
    with pytest.raises(InvalidInputError, match=f"not valid for {SERVICE_NAME}; its names are: another"):
        read_pair(PairFiles(renewed.files.certificate, renewed.files.key), [SERVICE_NAME])


@pytest.mark.parametrize("content", [b"", b"not PEM", b"\xff\xfe"])
def test_a_file_that_is_no_certificate_is_refused(renewed: RenewedCertificates, content: bytes) -> None:
    renewed.files.certificate.write_bytes(content)
    with pytest.raises(UnreadableInputError, match="is not a PEM certificate"):
        read_pair(PairFiles(renewed.files.certificate, renewed.files.key), [])


async def test_a_pair_that_cannot_serve_stops_the_start(renewed: RenewedCertificates) -> None:
    renewed.write_foreign_key()
    with pytest.raises(NeuroScaleError, match="the key does not belong"):
        async with served_webhook(renewed.files, NOTHING):
            pass


@pytest.mark.parametrize("server_name", [None, SERVICE_NAME], ids=["address", "service name"])
async def test_a_renewed_pair_is_shown_to_new_connections(
    renewed: RenewedCertificates, server_name: str | None
) -> None:
    async with served_webhook(renewed.files, NOTHING) as webhook:
        serial = renewed.renew()
        await eventually(lambda: loads(webhook, "taken") == 2)
        assert await shown_by(webhook, server_name) == serial


async def test_renewals_under_load_fail_no_call(renewed: RenewedCertificates) -> None:
    review = read_review("create-inference-service.json")
    async with served_webhook(renewed.files, NOTHING) as webhook:
        stop = asyncio.Event()

        async def keep_calling(*, new_connections: bool) -> int:
            connector = aiohttp.TCPConnector(ssl=trust(webhook.authority), force_close=new_connections)
            calls = 0
            async with aiohttp.ClientSession(connector=connector) as client:
                while not stop.is_set():
                    async with client.post(webhook.url, json=review) as response:
                        assert (await response.json())["response"]["allowed"]
                    calls += 1
            return calls

        async with asyncio.TaskGroup() as group:
            callers = [group.create_task(keep_calling(new_connections=number % 2 == 0)) for number in range(4)]
            for renewal in range(10):
                renewed.renew()
                taken = renewal + 2
                await eventually(lambda taken=taken: loads(webhook, "taken") == taken)  # type: ignore[misc]
            stop.set()
        assert all(caller.result() > 0 for caller in callers)


async def test_the_process_that_users_run_takes_a_renewed_pair(renewed: RenewedCertificates) -> None:
    async with webhook_process(
        renewed.files, "--no-cluster", "--dns-name", SERVICE_NAME, "--certificate-poll-seconds", "0.05"
    ) as webhook:
        first = await serial_of_a_new_connection(webhook.port, renewed.files.authority)
        serial = renewed.renew()
        async with asyncio.timeout(30):
            shown = first
            while shown == first:
                shown = await serial_of_a_new_connection(webhook.port, renewed.files.authority)
    assert shown == serial


async def test_a_mismatched_pair_leaves_the_one_in_use_alone(renewed: RenewedCertificates) -> None:
    async with served_webhook(renewed.files, NOTHING) as webhook:
        before = await shown_by(webhook)
        renewed.write_foreign_key()
        await eventually(lambda: loads(webhook, "refused") == 1)
        assert await shown_by(webhook) == before
        assert (await webhook.review(read_review("create-inference-service.json")))["allowed"]
        assert any(line["event"] == "certificate-refused" for line in webhook.logged())
        serial = renewed.renew()
        await eventually(lambda: loads(webhook, "taken") == 2)
        assert await shown_by(webhook) == serial


@pytest.mark.parametrize(
    "break_it",
    [
        lambda renewed: renewed.renew("another.neuroscale.svc"),
        lambda renewed: renewed.renew(age=timedelta(days=3)),
        lambda renewed: renewed.renew(age=timedelta(days=-3)),
        lambda renewed: renewed.files.certificate.write_bytes(b"half a certif"),
        lambda renewed: renewed.files.key.unlink(),
    ],
    ids=["other name", "expired", "not valid yet", "half written", "no key"],
)
async def test_what_could_not_serve_is_not_taken(
    renewed: RenewedCertificates, break_it: Callable[[RenewedCertificates], object]
) -> None:
    async with served_webhook(renewed.files, NOTHING) as webhook:
        before = await shown_by(webhook)
        break_it(renewed)
        await eventually(lambda: loads(webhook, "refused") >= 1)
        assert await shown_by(webhook) == before
        async with webhook.client.get(webhook.health_url("/readyz")) as response:
            assert response.status == 200


async def test_with_an_expired_pair_the_webhook_is_alive_but_not_ready(renewed: RenewedCertificates) -> None:
    renewed.renew(age=timedelta(days=3))
    async with served_webhook(renewed.files, NOTHING) as webhook:
        async with webhook.client.get(webhook.health_url("/readyz")) as response:
            assert (response.status, await response.text()) == (503, "certificate: not valid now\n")
        async with webhook.client.get(webhook.health_url("/healthz")) as response:
            assert response.status == 200
        renewed.renew()
        await eventually(lambda: loads(webhook, "taken") == 2)
        async with webhook.client.get(webhook.health_url("/readyz")) as response:
            assert response.status == 200


async def test_the_expiry_of_leaf_and_authority_is_exported(renewed: RenewedCertificates) -> None:
    leaf = x509.load_pem_x509_certificate(renewed.files.certificate.read_bytes())
    async with served_webhook(renewed.files, NOTHING) as webhook:
        for certificate, expected in (("leaf", leaf), ("authority", renewed.authority.certificate)):
            assert (
                webhook.metrics.registry.get_sample_value(
                    "neuroscale_webhook_certificate_expiry_timestamp_seconds", {"certificate": certificate}
                )
                == expected.not_valid_after_utc.timestamp()
            )


@pytest.mark.parametrize(
    ("version", "refused"), [(ssl.TLSVersion.TLSv1_1, True), (ssl.TLSVersion.TLSv1_2, False)], ids=["1.1", "1.2"]
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_tls_before_1_2_is_refused(renewed: RenewedCertificates, version: ssl.TLSVersion, *, refused: bool) -> None:
    client = trust(renewed.files.authority)
    client.minimum_version = client.maximum_version = version
    client.set_ciphers("ALL:@SECLEVEL=0")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        client.wrap_bio(to_client, to_server, server_hostname=SERVICE_NAME).do_handshake()
    server = read_pair(PairFiles(renewed.files.certificate, renewed.files.key), []).context
    expected = "unsupported protocol" if refused else "operation did not complete"
    with pytest.raises(ssl.SSLError, match=expected):
        server.wrap_bio(to_server, to_client, server_side=True).do_handshake()
