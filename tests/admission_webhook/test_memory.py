"""Whoever reaches the port may send the largest review there is, and several at once: the pod survives it."""

import asyncio
import io
import json
from pathlib import Path

import aiohttp
import pytest
import yaml

from admission_webhook.application import WebhookLimits
from admission_webhook.certificates.issue import CertificateFiles
from tests.admission_webhook.process import webhook_process
from tests.admission_webhook.serving import JSON, read_review, trust

MANIFEST = Path(__file__).parents[2] / "deploy" / "base" / "server" / "webhook.yaml"
SENT_AT_ONCE = 3
MEBIBYTE = 1024 * 1024


def memory_limit_bytes() -> int:
    """Return what the shipped Deployment allows the webhook."""
    [deployment] = [
        document
        for document in yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8"))
        if document["kind"] == "Deployment"
    ]
    limit: str = deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
    return int(limit.removesuffix("Mi")) * MEBIBYTE


def largest_review_of(unit: str) -> bytes:
    """Return a review of the largest size that is read, whose object is a list of one thing many times."""
    review = read_review("create-inference-service.json")
    review["request"]["object"]["spec"] = {"list": []}
    frame = json.dumps(review)
    count = (WebhookLimits().maximum_body_bytes - len(frame)) // len(unit)
    return frame.replace("[]", f"[{(unit * count).removesuffix(',')}]").encode()


@pytest.mark.parametrize("unit", ["{},", "[],"], ids=["objects", "lists"])
async def test_the_largest_reviews_fit_the_memory_limit(certificates: CertificateFiles, unit: str) -> None:
    body = largest_review_of(unit)
    connector = aiohttp.TCPConnector(ssl=trust(certificates.authority))
    async with (
        webhook_process(certificates, "--no-cluster") as webhook,
        aiohttp.ClientSession(connector=connector) as client,
    ):

        async def send() -> int:
            async with client.post(
                webhook.url, params={"timeout": "30s"}, data=io.BytesIO(body), headers=JSON
            ) as response:
                return response.status

        assert await asyncio.gather(*(send() for _ in range(SENT_AT_ONCE))) == [200] * SENT_AT_ONCE
        assert webhook.peak_resident_bytes() < memory_limit_bytes() * 3 / 4
