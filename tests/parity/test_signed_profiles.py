"""What the actions service signs, the webhook believes: from `render-endpoint` to the review."""

from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actions_service.action import Resources
from actions_service.settings import Settings
from admission_webhook.certificates.issue import CertificateFiles
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.rules.judge import judge
from tests.actions_service.serving import GEMMA, json_of, serving
from tests.admission_webhook.serving import review_of, served_webhook

ENDPOINT = {
    "name": "support-chat",
    "model": "example/private-chat",
    "owner": "search",
    "costCenter": "cc-1234",
    "environment": "staging",
    "contextLength": 8192,
    "concurrency": 8,
}


async def rendered_by(key: Ed25519PrivateKey) -> dict[str, Any]:
    """Return the InferenceService of a model that only its configuration describes, signed with a key."""
    entry = load_catalogue().entry(GEMMA)
    assert entry is not None
    async with serving(Settings(resources=Resources(load_catalogue(), key))) as client:
        response = await client.post("/v1/actions/render-endpoint", json=ENDPOINT | {"config": dict(entry.config)})
        answer = await json_of(response)
    [file] = [file for file in answer["files"] if file["path"] == "inference-service.yaml"]
    body: dict[str, Any] = yaml.safe_load(file["content"])
    return body


async def test_the_webhook_believes_what_the_service_signed(certificates: CertificateFiles) -> None:
    key = Ed25519PrivateKey.generate()
    body = await rendered_by(key)
    async with served_webhook(certificates, judge, profile_keys=(key.public_key(),)) as webhook:
        answer = await webhook.review(review_of(body))
        body["spec"]["predictor"]["containers"][0]["args"].append("--tensor-parallel-size=3")
        broken = await webhook.review(review_of(body))
    assert answer["allowed"]
    assert "warnings" not in answer
    assert not broken["allowed"]


async def test_what_a_stranger_signed_is_no_ground_for_a_verdict(certificates: CertificateFiles) -> None:
    body = await rendered_by(Ed25519PrivateKey.generate())
    body["spec"]["predictor"]["containers"][0]["args"].append("--tensor-parallel-size=3")
    keys = (Ed25519PrivateKey.generate().public_key(),)
    async with served_webhook(certificates, judge, profile_keys=keys) as webhook:
        answer = await webhook.review(review_of(body))
    warned = {text.partition(":")[0] for text in answer["warnings"]}
    assert warned >= {"NS502", "NS001"}
