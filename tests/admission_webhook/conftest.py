"""Certificates that every specification of the webhook serves with."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from admission_webhook.certificates.issue import CertificateFiles, current_time, write_development_certificates
from tests.admission_webhook.serving import SERVICE_NAME


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    directory: Path = tmp_path_factory.mktemp("certificates")
    return write_development_certificates(directory, [SERVICE_NAME], [ip_address("127.0.0.1")], current_time())
