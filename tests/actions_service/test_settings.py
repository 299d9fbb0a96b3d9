"""Settings that cannot be: told in one line, with the flag, before anything is served."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actions_service.callers import read_token_file
from actions_service.command import main, read_profile_key


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """The command takes over the process's logging; give it back."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:], logging.root.level = handlers, level


def pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--token-file", "absent"], "--token-file: cannot read absent"),
        (["--token-file", "empty"], "holds no token"),
        (["--token-file", "short"], "fewer than 16 characters"),
        (["--profile-key", "absent"], "--profile-key: cannot read absent"),
        (["--profile-key", "empty"], "holds no unencrypted private key"),
        (["--profile-key", "ec.pem"], "does not hold an Ed25519 key"),
        (["--backstage-url", "backstage:7007"], "--backstage-url: not a base address"),
        (["--backstage-url", "http://user:pass@backstage"], "--backstage-url: not a base address"),
        (["--backstage-url", "http://["], "--backstage-url: not a base address"),
        (["--accelerator", "abacus"], "abacus"),
        (["--prometheus", "prometheus:9090"], "--prometheus: not a base address"),
        (["--monitoring", "some"], "'some' is not one of 'all', 'rules', 'none'"),
        (["--monitoring-label", "release"], "--monitoring-label: 'release' is no Kubernetes label"),
        (["--kserve", "newest"], 'KServe version: "newest" is not a KServe release'),
        (["--port", "70000"], "70000"),
        (["--workers", "0"], "0"),
        (["--host", "203.0.113.1"], "cannot listen on 203.0.113.1:0"),
    ],
)
def test_a_bad_setting_is_told_and_not_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").write_text("# nothing\n", encoding="utf-8")
    Path("short").write_text("secret\n", encoding="utf-8")
    Path("ec.pem").write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    result = CliRunner().invoke(main, flags, env={"NEUROSCALE_PORT": "0"})
    assert result.exit_code in {1, 2}
    assert message in " ".join(result.output.split())
    assert isinstance(result.exception, SystemExit)


def test_environment_variables_set_what_flags_set() -> None:
    result = CliRunner().invoke(main, [], env={"NEUROSCALE_BACKSTAGE_URL": "nonsense"})
    assert result.exit_code == 2
    assert "--backstage-url: not a base address" in " ".join(result.output.split())


def test_a_token_file_gives_digests_and_never_the_tokens(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(
        "# two of them\n  first-token-of-good-length  \n\nsecond-token-of-good-length\n", encoding="utf-8"
    )
    digests = read_token_file(file)
    assert [len(digest) for digest in digests] == [32, 32]


def test_a_profile_key_is_read(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(pem(key))
    read = read_profile_key(tmp_path / "key.pem")
    assert read.public_key().public_bytes_raw() == key.public_key().public_bytes_raw()
