"""What goes wrong in a call is a status of 400 or above with a fixed short text, and never a refusal."""

import asyncio
import json
import threading
from collections.abc import Sequence

import pytest
from prometheus_client.parser import text_string_to_metric_families

from admission_webhook.application import WebhookLimits
from admission_webhook.certificates.issue import CertificateFiles
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding
from neuroscale.rules.subject import ClusterFacts
from tests.admission_webhook.serving import (
    FIXTURES,
    JSON,
    ServedWebhook,
    judge_that_raises,
    judge_that_says,
    read_review,
    served_webhook,
)

NOTHING = judge_that_says()
UNREADABLE = (400, "the request is not a readable admission review")
SECRET = "hf_a_token_that_must_stay_here"


def review_with(**changes: object) -> bytes:
    review = read_review("create-inference-service.json")
    review["request"] |= changes
    return json.dumps(review).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff garbage",
        b"<html><body>502 Bad Gateway</body></html>",
        b"[]",
        b"null",
        b"{}",
        b"[" * 100_000,
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}',
        b'{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"1"}}',
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":[]}',
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":NaN}}',
        review_with(uid=""),
        review_with(uid=7),
        review_with(kind=None),
        review_with(kind={"group": [], "version": "v1", "kind": "InferenceService"}),
        review_with(object=None),
        review_with(object=[1, 2]),
        review_with(object={"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a-pod"}}),
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_an_unreadable_review_is_a_400(certificates: CertificateFiles, body: bytes) -> None:
    async with served_webhook(certificates, NOTHING) as webhook:
        assert await webhook.send(body) == UNREADABLE


@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": "text/html"}, {"Content-Type": "application/yaml"}, {"Content-Encoding": "gzip"}],
    ids=str,
)
async def test_another_content_type_is_a_415(certificates: CertificateFiles, headers: dict[str, str]) -> None:
    async with served_webhook(certificates, NOTHING) as webhook:
        status, text = await webhook.send((FIXTURES / "create-inference-service.json").read_bytes(), **headers)
    assert (status, text) == (415, "the content type must be application/json")


async def test_a_body_beyond_the_limit_is_a_413(certificates: CertificateFiles) -> None:
    async with served_webhook(certificates, NOTHING) as webhook:
        status, text = await webhook.send(b"x" * (8 * 1024 * 1024 + 1))
    assert (status, text) == (413, "the review is too large")


async def test_a_body_of_undeclared_length_beyond_the_limit_is_a_413(certificates: CertificateFiles) -> None:
    async def chunks() -> object:
        for _ in range(9):
            yield b"x" * 1024

    async with (
        served_webhook(certificates, NOTHING, limits=WebhookLimits(maximum_body_bytes=8 * 1024)) as webhook,
        webhook.client.post(webhook.url, data=chunks(), headers={"Content-Type": "application/json"}) as response,
    ):
        assert (response.status, await response.text()) == (413, "the review is too large")


async def test_an_update_of_two_600_kb_objects_fits(certificates: CertificateFiles) -> None:
    review = read_review("create-inference-service.json")
    review["request"]["object"]["metadata"]["annotations"]["big"] = "x" * 600_000
    review["request"]["oldObject"] = review["request"]["object"]
    review["request"]["operation"] = "UPDATE"
    async with served_webhook(certificates, NOTHING) as webhook:
        assert (await webhook.review(review))["allowed"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/validate", 405), ("POST", "/", 404)])
async def test_another_route_is_no_verdict(
    certificates: CertificateFiles, method: str, path: str, status: int
) -> None:
    async with (
        served_webhook(certificates, NOTHING) as webhook,
        webhook.client.request(method, webhook.url.replace("/validate", path)) as response,
    ):
        assert response.status == status


async def test_a_bug_in_a_rule_is_a_500_without_any_detail(certificates: CertificateFiles) -> None:
    buggy = judge_that_raises(lambda: KeyError(SECRET))
    async with served_webhook(certificates, buggy) as webhook:
        status, text = await webhook.send((FIXTURES / "create-inference-service.json").read_bytes())
        assert (status, text) == (500, "internal error")
        assert SECRET not in webhook.log.getvalue()
        logged = [line for line in webhook.logged() if line["event"] == "call-failed"]
        assert logged[0]["error"] == "KeyError"
        assert any("judge_request" in frame for frame in logged[0]["frames"])


async def test_a_bug_on_a_big_review_is_the_same_500(certificates: CertificateFiles) -> None:
    buggy = judge_that_raises(lambda: ZeroDivisionError(SECRET))
    async with served_webhook(certificates, buggy, limits=WebhookLimits(off_loop_body_bytes=0)) as webhook:
        assert await webhook.send(review_with()) == (500, "internal error")


async def test_an_object_that_the_rules_cannot_read_passes_with_a_note(certificates: CertificateFiles) -> None:
    unreadable = judge_that_raises(lambda: InvalidInputError("must be a list", field="spec.predictor.containers"))
    async with served_webhook(certificates, unreadable) as webhook:
        response = await webhook.review(read_review("create-inference-service.json"))
    assert response["allowed"]
    assert response["warnings"] == [
        "NeuroScale: this object cannot be judged: spec.predictor.containers: must be a list"
    ]


class HeldJudge:
    """A judge that waits until it is let go, as a very slow rule would."""

    def __init__(self) -> None:
        self.entered, self.release = threading.Semaphore(0), threading.Event()

    def __call__(self, objects: Sequence[ManifestObject], facts: ClusterFacts) -> tuple[Finding, ...]:
        self.entered.release()
        assert self.release.wait(30)
        return ()


async def test_when_the_callers_time_is_up_the_answer_is_a_503(certificates: CertificateFiles) -> None:
    held = HeldJudge()
    async with served_webhook(certificates, held, limits=WebhookLimits(off_loop_body_bytes=0)) as webhook:
        async with webhook.client.post(
            webhook.url, params={"timeout": "1s"}, json=read_review("create-inference-service.json")
        ) as response:
            status, text = response.status, await response.text()
        held.release.set()
    assert (status, text) == (503, "the review could not be answered in time")


async def test_no_caller_holds_a_place_for_longer_than_the_api_server_would(certificates: CertificateFiles) -> None:
    arrive = asyncio.Event()

    async def slow() -> object:
        yield b'{"apiVersion":'
        await arrive.wait()

    async with (
        served_webhook(certificates, NOTHING, limits=WebhookLimits(longest_timeout_seconds=0.2)) as webhook,
        webhook.client.post(
            webhook.url,
            params={"timeout": f"{'9' * 400}h"},
            data=slow(),
            headers={"Content-Type": "application/json"},
        ) as response,
    ):
        assert response.status == 503
        arrive.set()


async def test_a_body_that_does_not_arrive_in_time_is_a_503(certificates: CertificateFiles) -> None:
    arrive = asyncio.Event()

    async def slow() -> object:
        yield b'{"apiVersion":'
        await arrive.wait()

    async with (
        served_webhook(certificates, NOTHING) as webhook,
        webhook.client.post(
            webhook.url, params={"timeout": "200ms"}, data=slow(), headers={"Content-Type": "application/json"}
        ) as response,
    ):
        assert response.status == 503
        arrive.set()


async def test_one_review_too_many_at_once_is_a_503_at_once(certificates: CertificateFiles) -> None:
    held = HeldJudge()
    limits = WebhookLimits(maximum_in_flight=1, off_loop_body_bytes=0)
    async with served_webhook(certificates, held, limits=limits) as webhook:
        first = asyncio.create_task(webhook.review(read_review("create-inference-service.json")))
        await asyncio.to_thread(held.entered.acquire)
        assert await webhook.send(review_with()) == (503, "too many reviews at once")
        held.release.set()
        assert (await first)["allowed"]
        assert (await webhook.send(review_with()))[0] == 200
        assert await failures(webhook) == {("503", "overload"): 1.0}


async def test_more_bytes_than_fit_at_once_are_a_503_at_once(certificates: CertificateFiles) -> None:
    held, body = HeldJudge(), review_with()
    limits = WebhookLimits(maximum_bytes_in_flight=2 * len(body) - 1, off_loop_body_bytes=0)
    async with served_webhook(certificates, held, limits=limits) as webhook:
        first = asyncio.create_task(webhook.send(body))
        await asyncio.to_thread(held.entered.acquire)
        assert await webhook.send(body) == (503, "too many reviews at once")
        held.release.set()
        assert (await first)[0] == 200
        assert (await webhook.send(body))[0] == 200


async def test_a_review_that_its_caller_gave_up_still_occupies_its_place(certificates: CertificateFiles) -> None:
    held = HeldJudge()
    limits = WebhookLimits(maximum_in_flight=1, off_loop_body_bytes=0)
    async with served_webhook(certificates, held, limits=limits) as webhook:
        params = {"timeout": "100ms"}
        async with webhook.client.post(webhook.url, params=params, data=review_with(), headers=JSON) as response:
            assert response.status == 503
        assert await webhook.send(review_with()) == (503, "too many reviews at once")
        held.release.set()
        async with asyncio.timeout(30):
            while (await webhook.send(review_with()))[0] != 200:
                pass


async def failures(webhook: ServedWebhook) -> dict[tuple[str, str], float]:
    async with webhook.client.get(webhook.health_url("/metrics")) as response:
        families = {family.name: family for family in text_string_to_metric_families(await response.text())}
    return {
        (sample.labels["status"], sample.labels["cause"]): sample.value
        for sample in families["neuroscale_webhook_failures"].samples
        if sample.name.endswith("_total")
    }
