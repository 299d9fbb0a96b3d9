"""MODEL at the places that a configuration can be read from, as a person or a CI job names them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Command
from tests.model_sources import weights
from tests.model_sources.hub import COMMIT, TOKEN, Hub, Repository, running_hub
from tests.model_sources.stores import running_store

GEMMA = "google/gemma-4-26B-A4B"
CONFIG = json.dumps(weights.LLAMA)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """Run a hub that HF_ENDPOINT names, for a user without a token."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "no-token"))
    with running_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        hub.repositories = {
            "acme/llama": Repository({"config.json": CONFIG.encode()}),
            GEMMA: Repository({"config.json": CONFIG.encode()}),
            "acme/gated": Repository({"config.json": CONFIG.encode()}, is_gated=True),
        }
        yield hub


def test_a_repository_of_the_catalogue_needs_no_network(neuroscale: Command, hub: Hub) -> None:
    answer = json.loads(neuroscale("inspect", GEMMA).stdout)
    assert (answer["model_type"], answer["source"]["repository"]) == ("gemma4", GEMMA)
    assert answer["stored_weights"] is None
    assert hub.requests == []


@pytest.mark.parametrize(
    "arguments", [(GEMMA, "--source", "hub"), (f"hf://{GEMMA}",), (f"{GEMMA}@main",), (f"hf://{GEMMA}:main",)]
)
def test_the_hub_is_asked_when_it_is_meant(neuroscale: Command, hub: Hub, arguments: tuple[str, ...]) -> None:
    answer = json.loads(neuroscale("inspect", *arguments).stdout)
    assert answer["model_type"] == "llama"
    assert answer["source"] == {
        "repository": GEMMA,
        "revision": COMMIT,
        "provenance": f"config.json of {GEMMA} at commit {COMMIT} of {hub.endpoint.removeprefix('http://')}",
    }


def test_a_model_that_the_catalogue_does_not_know_is_not_looked_up_behind_ones_back(
    neuroscale: Command, hub: Hub
) -> None:
    result = neuroscale("inspect", "acme/llama")
    assert result.exit_code == 2
    assert "--source hub" in result.stderr
    assert hub.requests == []


def test_a_gated_model_takes_the_token_of_the_environment_and_never_shows_it(
    neuroscale: Command, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = neuroscale("inspect", "hf://acme/gated")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        "error: hf://acme/gated: acme/gated is gated, and no token is given "
        "(accept the model's terms on the hub, and give a token that may read it)\n"
    )
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    answered = neuroscale("inspect", "hf://acme/gated")
    assert answered.exit_code == 0
    monkeypatch.setenv("HF_TOKEN", "hf_wrong_token")
    wrong = neuroscale("inspect", "hf://acme/gated")
    assert wrong.exit_code == 2
    for result in (answered, wrong):
        assert TOKEN not in result.stdout + result.stderr
        assert "hf_wrong_token" not in result.stderr


def test_an_endpoint_is_planned_and_rendered_at_the_commit_that_was_read(neuroscale: Command, hub: Hub) -> None:
    rendered = neuroscale(
        "render", "acme/llama@main", "--name", "llama", "--owner", "search", "--cost-center", "cc-1"
    )
    assert rendered.exit_code == 0, rendered.stderr
    assert f'"revision":"{COMMIT}"' in rendered.stdout.replace("\n", "").replace(" ", "")
    planned = neuroscale("plan", "acme/llama", "--source", "hub", "--output", "json")
    assert json.loads(planned.stdout)["plans"]


def _rendered_uri(stdout: str) -> str:
    service = next(document for document in yaml.safe_load_all(stdout) if document["kind"] == "InferenceService")
    (container,) = service["spec"]["predictor"]["containers"]
    (variable,) = container["env"]
    assert variable["name"] == "STORAGE_URI"
    return str(variable["value"])


def test_an_endpoint_of_an_object_store_takes_its_weights_from_there(
    neuroscale: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A file that was saved from a hub names its repository, which is not where these weights are.
    config = {**weights.LLAMA, "_name_or_path": "acme/llama"}
    with running_store() as store:
        for name, value in {
            "AWS_ENDPOINT_URL": store.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "eu-central-1",
            "AWS_SKIP_SIGNATURE": "true",
        }.items():
            monkeypatch.setenv(name, value)
        store.objects["models/llama/config.json"] = json.dumps(config).encode()
        named = ("--name", "llama", "--owner", "search", "--cost-center", "cc-1")
        rendered = neuroscale("render", "s3://models/llama/config.json", *named, "--directory", tmp_path)
        assert rendered.exit_code == 0, rendered.stderr
        content = (tmp_path / "inference-service.yaml").read_text(encoding="utf-8")
        assert _rendered_uri(content) == "s3://models/llama"
        assert '"repository":"s3://models/llama"' in content
    checked = neuroscale("check", tmp_path / "inference-service.yaml", tmp_path / "scaled-object.yaml")
    assert (checked.exit_code, checked.stdout) == (0, "no findings\n")


@pytest.mark.parametrize(
    ("arguments", "uri"),
    [
        (("--storage-uri", "pvc://models/llama"), "pvc://models/llama"),
        (("--repository", "acme/llama", "--storage-uri", "pvc://models/llama/"), "pvc://models/llama"),
        (("--repository", "acme/llama"), "hf://acme/llama"),
        (("--repository", "gs://models/llama"), "gs://models/llama"),
    ],
)
def test_an_endpoint_of_a_file_takes_its_weights_from_where_the_options_say(
    neuroscale: Command, tmp_path: Path, arguments: tuple[str, ...], uri: str
) -> None:
    (tmp_path / "config.json").write_text(CONFIG, encoding="utf-8")
    named = ("--name", "llama", "--owner", "search", "--cost-center", "cc-1")
    rendered = neuroscale("render", tmp_path / "config.json", *named, *arguments)
    assert rendered.exit_code == 0, rendered.stderr
    assert _rendered_uri(rendered.stdout) == uri


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "MODEL does not say where the weights are (add --repository ORG/NAME or --storage-uri URI)"),
        (("--storage-uri", "az://models/llama"), "--storage-uri: names no account"),
        (("--repository", "acme/llama", "--storage-uri", "file:///mnt"), "--storage-uri: is no source that KServe"),
    ],
)
def test_weights_that_kserve_cannot_take_are_refused(
    neuroscale: Command, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "config.json").write_text(CONFIG, encoding="utf-8")
    named = ("--name", "llama", "--owner", "search", "--cost-center", "cc-1")
    result = neuroscale("render", tmp_path / "config.json", *named, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_standard_input_holds_a_config(neuroscale: Command) -> None:
    answer = json.loads(neuroscale("inspect", "-", stdin=CONFIG).stdout)
    assert answer["total_parameters"] == weights.LLAMA_PARAMETERS
    assert answer["source"]["provenance"] == "- of standard input"


def test_a_mounted_directory_and_weights_alone_answer(neuroscale: Command, tmp_path: Path) -> None:
    (tmp_path / "mounted").mkdir()
    (tmp_path / "mounted" / "config.json").write_text(CONFIG, encoding="utf-8")
    mounted = json.loads(neuroscale("inspect", tmp_path / "mounted").stdout)
    assert mounted["total_parameters"] == weights.LLAMA_PARAMETERS
    weights.gguf_mixture(tmp_path / "moe.gguf")
    header = json.loads(neuroscale("inspect", tmp_path / "moe.gguf").stdout)
    assert header["stored_weights"]["parameters"] == header["total_parameters"] == weights.QWEN3_MOE_PARAMETERS
    assert header["quantization"]["weight_bits"] == 8.5


def test_an_endpoint_of_headers_alone_is_refused_with_what_to_do(neuroscale: Command, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(weights.safetensors_file(weights.llama_tensors()))
    result = neuroscale(
        "render", tmp_path, "--repository", "acme/llama", "--name", "a", "--owner", "b", "--cost-center", "c"
    )
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("http://models.example.com/config.json",), "is not encrypted"),
        (("https://127.0.0.1:9/config.json",), "leads to the loopback address 127.0.0.1 (list the host"),
        (("https://127.0.0.1:9/config.json", "--allow-host", "127.0.0.1"), "'127.0.0.1' is down"),
        (("https://169.254.169.254/config.json",), "link-local"),
        (("hf://acme/absent",), "has no repository acme/absent that can be seen without a token"),
        (("s3://Not_A_Bucket!/x",), "names no bucket"),
        (("x" * 300 + ".json",), "No such file or directory"),
        (("x" * 3000,), "must be printable and have at most 2048 characters"),
        (("absent/config.json",), "error: absent/config.json: No such file or directory"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_2(
    neuroscale: Command, hub: Hub, arguments: tuple[str, ...], message: str
) -> None:
    result = neuroscale("inspect", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
