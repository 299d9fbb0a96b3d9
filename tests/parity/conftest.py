"""The three surfaces, each as its users meet it: the command, and both services on real sockets."""

from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from admission_webhook.certificates.issue import CertificateFiles, current_time, write_development_certificates
from tests.actions_service.serving import Client, open_settings, serving
from tests.admission_webhook.serving import SERVICE_NAME


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving(open_settings()) as client:
        yield client


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    directory: Path = tmp_path_factory.mktemp("certificates")
    return write_development_certificates(directory, [SERVICE_NAME], [ip_address("127.0.0.1")], current_time())
