"""What a caller reads about a bad input: the field, what is wrong, and what to write instead."""

from typing import Any

import pytest

from tests.actions_service.serving import GEMMA, Client, json_of

_ENDPOINT = {
    "name": "support-chat",
    "model": GEMMA,
    "owner": "search",
    "costCenter": "cc-1",
    "environment": "staging",
}
_FILE = {"path": "a.yaml", "content": "a: 1"}


@pytest.mark.parametrize(
    ("action", "arguments", "field", "message", "fix"),
    [
        ("inspect-model", {}, "model", "is required unless config is given", "Repository of the model"),
        ("inspect-model", [], "input", "must be an object, not a list", ""),
        ("inspect-model", {"modle": GEMMA}, "modle", "unknown field", "did you mean model?"),
        ("inspect-model", {"model": "gemma"}, "model", "'gemma' does not match", "organisation/name"),
        ("inspect-model", {"model": f"{GEMMA}\n"}, "model", "does not match", "organisation/name"),
        ("inspect-model", {"model": None}, "model", "must be a string, not null", ""),
        ("inspect-model", {"config": {}}, "config", "must not be empty", ""),
        ("inspect-model", {"config": "llama"}, "config", "must be an object, not 'llama'", ""),
        ("inspect-model", {"model": "google/gemma4-26b"}, "model", "is not in the catalogue", GEMMA),
        ("inspect-model", {"model": "zzz/qqq"}, "model", "is not in the catalogue", "as config"),
        ("inspect-model", {"config": {"hidden_size": -1}}, "hidden_size", "", ""),
        ("plan-serving", {"model": GEMMA, "contextLength": "8k"}, "contextLength", "must be a whole number", ""),
        ("plan-serving", {"model": GEMMA, "contextLength": 8192.5}, "contextLength", "not 8192.5", ""),
        ("plan-serving", {"model": GEMMA, "contextLength": True}, "contextLength", "not true", ""),
        ("plan-serving", {"model": GEMMA, "concurrency": 0}, "concurrency", "must be at least 1, not 0", ""),
        ("plan-serving", {"model": GEMMA, "contextLength": 10**9}, "contextLength", "must be at most", ""),
        ("plan-serving", {"model": GEMMA, "contextLength": 10**6}, "contextLength", "model's maximum", "at most"),
        ("plan-serving", {"model": GEMMA, "accelerators": ["l40x"]}, "accelerators[0]", "is not one of", "l40s"),
        ("plan-serving", {"model": GEMMA, "accelerators": []}, "accelerators", "must not be empty", ""),
        ("plan-serving", {"model": GEMMA, "accelerators": ["l4", "l4"]}, "accelerators", "twice", ""),
        ("plan-serving", {"model": GEMMA, "accelerators": ["t4"]}, "accelerators", "none of the accel", ""),
        ("plan-serving", {"model": GEMMA, "engine": "sglang@0.5"}, "engine", "'sglang@0.5'", "vllm@"),
        ("plan-serving", {"model": GEMMA, "environment": "prod"}, "environment", "'prod'", "production"),
        ("render-endpoint", {**_ENDPOINT, "name": "Support"}, "name", "'Support' does not match", "Lower-case"),
        ("render-endpoint", {**_ENDPOINT, "name": "x" * 60}, "name", "must have at most 48 characters", ""),
        ("render-endpoint", {**_ENDPOINT, "owner": "group:default/-"}, "owner", "'-'", "letter or digit"),
        ("render-endpoint", {**_ENDPOINT, "costCenter": "a b"}, "costCenter", "'a b' does not match", "Letters"),
        ("render-endpoint", {"model": GEMMA}, "name", "is required", "Lower-case"),
        ("check-manifests", {"files": []}, "files", "must not be empty", ""),
        ("check-manifests", {"files": [{"path": "a.yaml"}]}, "files[0].content", "is required", "YAML"),
        ("check-manifests", {"files": [{**_FILE, "text": ""}]}, "files[0].text", "unknown field", "content"),
        ("check-manifests", {"files": [_FILE]}, "a.yaml:1:1", "not a Kubernetes object", "apiVersion"),
        ("check-manifests", {"files": [{"path": "a.yaml", "content": "a: ["}]}, "a.yaml:2:1", "", ""),
        ("check-manifests", {"files": [{"path": "a.yaml", "content": "# none"}]}, "files", "no Kubernetes", ""),
        ("check-manifests", {"files": [_FILE], "kserve": "latest"}, "kserve", "'latest' does not match", "0.20.0"),
    ],
)  # fmt: skip
async def test_an_input_error_names_the_field_and_the_fix(
    client: Client, action: str, arguments: Any, field: str, message: str, fix: str
) -> None:
    response = await client.post(f"/v1/actions/{action}", json=arguments)
    assert response.status == 422, await response.text()
    error = (await json_of(response))["error"]
    assert error["name"] == "InputError"
    assert error["field"] == field
    assert message in error["message"]
    assert fix in error.get("fix", "")
    assert response.reason is not None
    assert response.reason.startswith(f"{field}: ")


@pytest.mark.parametrize(
    "model",
    ["org/naïve-模型", "org/" + "x" * 190, "a\r\nSet-Cookie: b=c", "a/\x00", "\x1b[31mred/x", "🚀/x"],
)
async def test_a_reason_phrase_is_one_short_line_of_printable_ascii(client: Client, model: str) -> None:
    response = await client.post("/v1/actions/inspect-model", json={"model": model})
    assert response.status == 422
    assert response.reason is not None
    assert response.reason.isascii()
    assert response.reason.isprintable()
    assert len(response.reason) <= 240
    assert "Set-Cookie" not in response.headers


async def test_a_long_value_is_not_quoted_in_full(client: Client) -> None:
    response = await client.post("/v1/actions/inspect-model", json={"model": 10**1000, "x" * 10_000: 1})
    assert response.status == 422
    assert len(await response.read()) < 1000
