"""From a model to an endpoint: inspected, planned, rendered, and judged."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actions_service.action import Resources
from actions_service.settings import Settings
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import (
    PROFILE_ANNOTATION,
    SIGNATURE_ANNOTATION,
    read_profile,
    verify_profile,
)
from neuroscale.cli.inspect import inspect
from tests.actions_service.serving import GEMMA, Client, json_of, serving

_RULES = Path(__file__).parents[1] / "rules"
_ENDPOINT: dict[str, Any] = {
    "name": "support-chat",
    "model": GEMMA,
    "owner": "group:default/search",
    "costCenter": "cc-1234",
    "environment": "staging",
    "namespace": "search",
    "contextLength": 8192,
    "concurrency": 8,
}


async def call(client: Client, action: str, arguments: dict[str, Any]) -> Any:
    response = await client.post(f"/v1/actions/{action}", json=arguments)
    assert response.status == 200, await response.text()
    return await json_of(response)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def config_of(repository: str) -> dict[str, Any]:
    entry = load_catalogue().entry(repository)
    assert entry is not None
    return dict(entry.config)


async def rendered(client: Client, **changes: Any) -> dict[str, Any]:
    """Render an endpoint and return its objects by file name beside the answer under ""."""
    answer = await call(client, "render-endpoint", {**_ENDPOINT, **changes})
    return {"": answer} | {file["path"]: yaml.safe_load(file["content"]) for file in answer["files"]}


async def test_a_config_says_the_same_as_the_catalogues_entry(client: Client) -> None:
    named = await call(client, "inspect-model", {"model": GEMMA})
    given = await call(client, "inspect-model", {"config": config_of(GEMMA)})
    assert given["source"] == {"repository": None, "revision": None, "provenance": "given as config"}
    of_the_name = ("repository", "source", "summary")
    assert {**named, **dict.fromkeys(of_the_name)} == {**given, **dict.fromkeys(of_the_name)}
    assert named["labels"] == {
        "model-architecture": "moe",
        "active-param-ratio": "0.15",
        "total-params": "25.2B",
    }


async def test_the_command_line_gives_the_same_facts(client: Client) -> None:
    answer = await call(client, "inspect-model", {"model": GEMMA})
    printed = json.loads(CliRunner().invoke(inspect, [GEMMA], catch_exceptions=False).stdout)
    assert printed == {name: value for name, value in answer.items() if name not in {"repository", "summary"}}
    text = CliRunner().invoke(inspect, [GEMMA, "--output", "markdown"], catch_exceptions=False).stdout
    assert text == answer["summary"]


async def test_the_summary_of_a_model_cannot_be_written_by_its_configuration(client: Client) -> None:
    config = {"model_type": "`|\n# [click](http://evil)", "torch_dtype": "`<b>|x"}
    answer = await call(client, "inspect-model", {"config": config})
    assert "\n# " not in answer["summary"]
    for line in answer["summary"].splitlines():
        if line.startswith("| "):
            assert line.count("|") == 3
            assert line.count("`") % 2 == 0


async def test_a_plan_meets_the_demand_and_says_why(client: Client) -> None:
    answer = await call(
        client,
        "plan-serving",
        {"model": GEMMA, "contextLength": 32768, "concurrency": 16, "accelerators": ["h100-80gb-sxm"]},
    )
    plan = answer["plan"]
    assert plan["accelerator"] == "h100-80gb-sxm"
    assert plan["contextLength"] == 32768
    assert plan["concurrentRequestsPerReplica"] * plan["minimumReplicas"] >= 16
    assert plan["memory"]["weightsBytes"] + plan["memory"]["kvCacheBytes"] < plan["memory"]["usableBytes"]
    assert answer["reasons"] == plan["reasons"]
    for reason in answer["reasons"]:
        assert reason in answer["summary"]


async def test_whole_numbers_may_be_written_with_a_fraction_of_zero(client: Client) -> None:
    question = {"model": GEMMA, "accelerators": ["h100-80gb-sxm"]}
    whole = await call(client, "plan-serving", {**question, "contextLength": 8192, "concurrency": 8})
    written = await call(client, "plan-serving", {**question, "contextLength": 8192.0, "concurrency": 8.0})
    assert written == whole


async def test_production_keeps_two_replicas(client: Client) -> None:
    question = {"model": GEMMA, "contextLength": 8192, "accelerators": ["h100-80gb-sxm"]}
    development = await call(client, "plan-serving", question)
    production = await call(client, "plan-serving", {**question, "environment": "production"})
    assert (development["plan"]["minimumReplicas"], production["plan"]["minimumReplicas"]) == (1, 2)


async def test_an_endpoint_is_planned_rendered_and_without_findings(client: Client) -> None:
    endpoint = await rendered(client)
    answer = endpoint.pop("")
    assert endpoint.keys() == {
        "inference-service.yaml",
        "scaled-object.yaml",
        "pod-disruption-budget.yaml",
        "pod-monitor.yaml",
        "prometheus-rule.yaml",
        "kustomization.yaml",
        "catalog-info.yaml",
    }
    assert answer["findings"] == []
    assert endpoint["kustomization.yaml"]["namespace"] == "search"
    arguments = endpoint["inference-service.yaml"]["spec"]["predictor"]["containers"][0]["args"]
    for argument in answer["plan"]["arguments"]:
        assert argument in arguments
    checked = await call(client, "check-manifests", {"files": answer["files"]})
    assert checked["ok"] is True
    assert checked["findings"] == []


@pytest.mark.parametrize(("kserve", "field"), [("0.20.0", "tensor"), ("v0.19.0", None)])
async def test_an_llm_inference_service_is_rendered_and_judged_for_the_release_of_the_cluster(
    client: Client, kserve: str, field: str | None
) -> None:
    changes = {"kind": "llm-inference-service", "kserve": kserve, "accelerators": ["l40s"]}
    endpoint = await rendered(client, **changes)
    spec = endpoint["llm-inference-service.yaml"]["spec"]
    assert set(spec.get("parallelism", ())) == ({field} if field else set())
    assert endpoint[""]["findings"] == []


async def test_what_the_asked_kind_cannot_serve_names_the_field(client: Client) -> None:
    changes = {"kind": "llm-inference-service", "kserve": "0.16.0"}
    response = await client.post("/v1/actions/render-endpoint", json={**_ENDPOINT, **changes})
    error = (await json_of(response))["error"]
    assert (response.status, error["field"]) == (422, "kserve")


@pytest.mark.parametrize("environment", ["development", "staging", "production"])
async def test_without_a_namespace_no_two_environments_share_an_object(client: Client, environment: str) -> None:
    question = {key: value for key, value in _ENDPOINT.items() if key != "namespace"}
    answer = await call(client, "render-endpoint", question | {"environment": environment})
    files = {file["path"]: yaml.safe_load(file["content"]) for file in answer["files"]}
    assert files["kustomization.yaml"]["namespace"] == environment
    assert files["catalog-info.yaml"]["metadata"]["namespace"] == environment


async def test_an_endpoint_of_an_unlisted_model_is_rendered_and_judged_from_its_config(client: Client) -> None:
    changes = {"model": "example/private-chat", "config": config_of(GEMMA)}
    answer = (await rendered(client, **changes))[""]
    assert answer["findings"] == []
    checked = await call(client, "check-manifests", {"files": answer["files"]})
    assert checked["findings"] == []


@pytest.mark.parametrize(
    ("changes", "uri", "named"),
    [
        ({"storageUri": "pvc://models/gemma"}, "pvc://models/gemma", GEMMA),
        ({"model": "s3://models/gemma/config.json", "config": {}}, "s3://models/gemma", "s3://models/gemma"),
        ({"model": "/mnt/gemma", "config": {}, "storageUri": "gs://a1/b/"}, "gs://a1/b", "gs://a1/b"),
    ],
)
async def test_the_weights_of_an_endpoint_may_be_in_a_store_or_a_volume(
    client: Client, changes: dict[str, Any], uri: str, named: str
) -> None:
    if "config" in changes:
        changes = {**changes, "config": config_of(GEMMA)}
    endpoint = await rendered(client, **changes)
    service = endpoint["inference-service.yaml"]
    (container,) = service["spec"]["predictor"]["containers"]
    assert container["env"] == [{"name": "STORAGE_URI", "value": uri}]
    assert read_profile(service["metadata"]["annotations"][PROFILE_ANNOTATION]).repository == named
    assert endpoint[""]["findings"] == []


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"storageUri": "az://models/gemma"}, "storageUri", "names no account"),
        ({"storageUri": "https://models.example.com/gemma"}, "storageUri", "is one file for KServe"),
        ({"model": "/mnt/gemma", "config": {"model_type": "llama"}}, "model", "does not say where the weights are"),
    ],
)
async def test_weights_that_kserve_cannot_take_are_refused(
    client: Client, changes: dict[str, Any], field: str, message: str
) -> None:
    response = await client.post("/v1/actions/render-endpoint", json={**_ENDPOINT, **changes})
    error = (await json_of(response))["error"]
    assert (response.status, error["field"]) == (422, field)
    assert message in error["message"]


async def test_a_profile_is_signed_with_the_key_of_the_service_and_unsigned_without_one(client: Client) -> None:
    unsigned = (await rendered(client))["inference-service.yaml"]["metadata"]["annotations"]
    assert SIGNATURE_ANNOTATION not in unsigned
    assert read_profile(unsigned[PROFILE_ANNOTATION]).repository == GEMMA
    key = Ed25519PrivateKey.generate()
    async with serving(Settings(resources=Resources(load_catalogue(), key))) as signing:
        signed = (await rendered(signing))["inference-service.yaml"]["metadata"]["annotations"]
    assert signed[PROFILE_ANNOTATION] == unsigned[PROFILE_ANNOTATION]
    public_key = key.public_key()
    assert verify_profile(signed[PROFILE_ANNOTATION], signed[SIGNATURE_ANNOTATION], [public_key])
    assert not verify_profile(
        signed[PROFILE_ANNOTATION], signed[SIGNATURE_ANNOTATION], [Ed25519PrivateKey.generate().public_key()]
    )


_DENIED = (
    _RULES / "parallelism" / "expert_size_not_divisible_by_expert_tensor_parallel_size" / "bad-gemma-4-26b-dp3.yaml"
)


async def test_a_model_that_is_given_is_judged_and_one_that_is_not_known_is_a_warning(client: Client) -> None:
    content = read(_DENIED).replace(GEMMA, "example/private-chat")
    question: dict[str, Any] = {"files": [{"path": "endpoint.yaml", "content": content}]}
    unknown = await call(client, "check-manifests", question)
    assert unknown["ok"] is True
    assert unknown["summary"]["warn"] > 0
    known = await call(
        client, "check-manifests", {**question, "models": {"example/private-chat": config_of(GEMMA)}}
    )
    assert known["ok"] is False


async def test_context_is_not_judged(client: Client) -> None:
    denied = {"path": "endpoint.yaml", "content": read(_DENIED)}
    other = {"path": "node.yaml", "content": "apiVersion: v1\nkind: Node\nmetadata: {name: n}\n"}
    assert (await call(client, "check-manifests", {"files": [other, denied]}))["ok"] is False
    answer = await call(client, "check-manifests", {"files": [other], "context": [denied]})
    assert answer["findings"] == []
