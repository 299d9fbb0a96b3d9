"""Models of object stores, with the credentials and endpoints of the environment."""

import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuroscale.errors import NeuroScaleError, UnknownModelError, UnreadableInputError
from neuroscale.model_sources.errors import SourceAccessError, SourceRefusedError, SourceUnavailableError
from neuroscale.model_sources.grants import read_grant
from neuroscale.model_sources.limits import Limits
from tests.model_sources import weights
from tests.model_sources.conftest import Read
from tests.model_sources.stores import Store, running_store

CONFIG = json.dumps(weights.LLAMA).encode()
SECRET = base64.b64encode(b"a secret of an account").decode()
SCHEMES = ["s3", "gs", "az"]
VARIABLES = {
    "s3": {
        "AWS_ENDPOINT_URL": "{endpoint}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
    },
    "gs": {"GOOGLE_BASE_URL": "{endpoint}", "GOOGLE_ALLOW_HTTP": "true", "GOOGLE_BEARER_TOKEN": SECRET},
    "az": {
        "AZURE_STORAGE_ENDPOINT": "{endpoint}",
        "AZURE_ALLOW_HTTP": "true",
        "AZURE_STORAGE_ACCOUNT_NAME": "acct1",
        "AZURE_STORAGE_ACCOUNT_KEY": SECRET,
    },
}
AUTHORIZATION = {"s3": "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/", "gs": "Bearer ", "az": "SharedKey acct1:"}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Run a store that the environment names for every scheme."""
    with running_store() as store:
        for variables in VARIABLES.values():
            for name, value in variables.items():
                monkeypatch.setenv(name, value.format(endpoint=store.endpoint))
        yield store


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_config_is_read_below_a_prefix_with_the_credentials_of_the_environment(
    store: Store, read: Read, scheme: str
) -> None:
    store.objects["models/llama/8b/config.json"] = CONFIG
    for text in (f"{scheme}://models/llama/8b", f"{scheme}://models/llama/8b/config.json"):
        found = read(text)
        assert (found.config, found.repository) == (weights.LLAMA, None)
        assert found.provenance == f"config.json of {scheme}://models/llama/8b"
    assert all(authorization.startswith(AUTHORIZATION[scheme]) for _, _, authorization, _ in store.requests)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_quantisation_file_joins_the_config(store: Store, read: Read, scheme: str) -> None:
    store.objects["models/llama/config.json"] = CONFIG
    store.objects["models/llama/hf_quant_config.json"] = b'{"quantization": {"quant_algo": "NVFP4"}}'
    found = read(f"{scheme}://models/llama")
    assert found.architecture.quantization is not None
    assert found.architecture.quantization.weight_bits == 4.5


def test_a_store_that_may_not_be_listed_leaves_the_quantisation_open(store: Store, read: Read) -> None:
    store.objects["models/llama/config.json"] = CONFIG
    store.absent_status = 403
    architecture = read("s3://models/llama").architecture
    assert architecture.unread == ("hf_quant_config.json may not be read: the checkpoint may be quantised.",)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_weights_without_a_config_are_listed_and_answer_by_ranges(
    store: Store, read: Read, tmp_path: Path, scheme: str
) -> None:
    store.objects["models/gguf/llama.gguf"] = weights.gguf_llama(tmp_path / "llama.gguf") + bytes(2 << 20)
    shards = weights.sharded(weights.mixture_tensors(), 3)
    store.objects |= {f"models/moe/{name}": content for name, content in shards.items()}
    assert read(f"{scheme}://models/gguf").architecture.model_type == "llama"
    assert read(f"{scheme}://models/moe").architecture.is_mixture_of_experts is True
    weight_reads = [asked for _, path, _, asked in store.requests if path.endswith((".gguf", ".safetensors"))]
    assert len(weight_reads) == 4
    assert None not in weight_reads


def test_azures_own_addresses_name_the_account(store: Store, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME")
    store.objects["models/llama/config.json"] = CONFIG
    found = read("https://acct1.blob.core.windows.net/models/llama")
    assert found.provenance == "config.json of az://acct1/models/llama"
    assert {authorization.partition(":")[0] for _, _, authorization, _ in store.requests} == {"SharedKey acct1"}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("status", "path", "error", "message"),
    [
        (None, "absent", UnknownModelError, "has neither config.json nor weights"),
        (None, "absent/config.json", UnknownModelError, r"there is no file config\.json"),
        (None, "absent/model.gguf", UnknownModelError, r"there is no object model\.gguf"),
        (None, "large/config.json", UnreadableInputError, r"config\.json is larger than 1048576 bytes"),
        (None, "text/config.json", UnreadableInputError, r"config\.json: not JSON"),
        (401, "llama", SourceAccessError, "may not be read with the credentials of the environment"),
        (403, "llama", SourceAccessError, "may not be read with the credentials of the environment"),
        (500, "llama", SourceUnavailableError, "did not answer in time, or not as an object store does"),
    ],
)
def test_a_failure_is_told_without_the_credentials(
    store: Store,
    read: Read,
    caplog: pytest.LogCaptureFixture,
    scheme: str,
    status: int | None,
    path: str,
    error: type[NeuroScaleError],
    message: str,
) -> None:
    store.objects |= {"models/large/config.json": bytes((1 << 20) + 1), "models/text/config.json": b"<html>"}
    store.status = status
    caplog.set_level(logging.DEBUG)
    with pytest.raises(error, match=message) as failed:
        read(f"{scheme}://models/{path}", limits=Limits(total_seconds=2.0, idle_seconds=2.0))
    for text in (str(failed.value), caplog.text):
        assert SECRET not in text
        assert "AKIAEXAMPLE" not in text
        assert "Signature" not in text


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_store_that_is_down_is_told(read: Read, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    for name, value in VARIABLES[scheme].items():
        monkeypatch.setenv(name, value.format(endpoint="http://127.0.0.1:9"))
    with pytest.raises(SourceUnavailableError, match="did not answer in time") as failed:
        read(f"{scheme}://models/llama", limits=Limits(total_seconds=2.0, idle_seconds=2.0))
    assert "check the" in (failed.value.fix or "")


def test_an_account_that_nothing_names_is_told(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SourceUnavailableError, match="settings for az:// cannot be used"):
        read("az://models/llama")


def test_only_listed_buckets_and_prefixes_are_asked_for(store: Store, read: Read) -> None:
    store.objects |= {"models/approved/llama/config.json": CONFIG, "models/secret/config.json": CONFIG}
    grants = (read_grant("s3://models/approved/"),)
    assert read("s3://models/approved/llama", grants=grants).config == weights.LLAMA
    store.requests.clear()
    for text in (
        "s3://models/secret",
        "s3://models/approved2/llama",
        "s3://other/approved",
        "gs://models/approved",
    ):
        with pytest.raises(SourceRefusedError):
            read(text, grants=grants)
    assert store.requests == []
