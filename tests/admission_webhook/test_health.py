"""The plain port: alive, ready, and what is counted."""

import asyncio
import time
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from admission_webhook.certificates.issue import CertificateFiles
from admission_webhook.health import LoopLag, create_health_application
from admission_webhook.metrics import create_metrics
from admission_webhook.server import listen
from neuroscale.rules.finding import Severity
from tests.admission_webhook.serving import (
    Says,
    ServedWebhook,
    judge_that_says,
    read_review,
    review_of,
    served_webhook,
)

NOTHING = judge_that_says()


async def samples(webhook: ServedWebhook) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    async with webhook.client.get(webhook.health_url("/metrics")) as response:
        assert response.content_type == "text/plain"
        text = await response.text()
    return {
        (sample.name.removeprefix("neuroscale_webhook_"), frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labelled(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return (name, frozenset(labels.items()))


async def test_a_serving_webhook_is_alive_and_ready(certificates: CertificateFiles) -> None:
    async with served_webhook(certificates, NOTHING) as webhook:
        for path in ("/healthz", "/readyz"):
            async with webhook.client.get(webhook.health_url(path)) as response:
                assert (response.status, await response.text()) == (200, "ok\n")


async def test_a_loop_that_lags_for_long_is_not_alive() -> None:
    metrics = create_metrics()
    lag = LoopLag(metrics)
    lag.seconds = 7.25
    listener = await listen(create_health_application(metrics, lag, tuple), "127.0.0.1", 0, None)
    try:
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{listener.port}/healthz") as response,
        ):
            assert (response.status, await response.text()) == (503, "event loop lags by 7.2 s\n")
    finally:
        await listener.runner.cleanup()


async def test_the_lag_of_the_loop_is_measured() -> None:
    lag = LoopLag(create_metrics())
    measuring = asyncio.create_task(lag.keep_measuring())
    await asyncio.sleep(0)
    time.sleep(0.8)  # noqa: ASYNC251 - the fault that is measured
    async with asyncio.timeout(10):
        while lag.seconds == 0:  # noqa: ASYNC110 - a measurement has no event
            await asyncio.sleep(0.01)
    measuring.cancel()


async def test_reviews_and_findings_are_counted_by_what_became_of_them(certificates: CertificateFiles) -> None:
    says = judge_that_says(Says("NS101", ("spec",), "no"), Says("NS301", ("spec",), "hm", severity=Severity.WARN))
    async with served_webhook(certificates, says) as webhook:
        await webhook.review(read_review("create-inference-service.json"))
        counted = await samples(webhook)
    kind = {"kind": "InferenceService", "operation": "CREATE"}
    assert counted[labelled("reviews_total", allowed="false", **kind)] == 1
    assert counted[labelled("findings_total", rule="NS101", severity="deny")] == 1
    assert counted[labelled("findings_total", rule="NS301", severity="warn")] == 1
    assert counted[labelled("review_duration_seconds_count")] == 1
    assert counted[labelled("judge_duration_seconds_count")] == 1
    assert counted[labelled("in_flight_reviews")] == 0


async def test_latency_buckets_begin_below_those_of_the_api_server(certificates: CertificateFiles) -> None:
    async with served_webhook(certificates, NOTHING) as webhook:
        bounds = [
            dict(labels)["le"]
            for name, labels in await samples(webhook)
            if name == "review_duration_seconds_bucket"
        ]
    assert bounds == ["0.001", "0.002", "0.005", "0.025", "0.1", "0.5", "1.0", "2.5", "10.0", "25.0", "+Inf"]


async def test_kinds_that_a_caller_invents_make_no_series(certificates: CertificateFiles) -> None:
    async with served_webhook(certificates, NOTHING) as webhook:
        for number in range(20):
            body: dict[str, Any] = {"apiVersion": "x/v1", "kind": f"Kind{number}", "metadata": {"name": "one"}}
            await webhook.review(review_of(body, operation=f"OP{number}"))
        counted = await samples(webhook)
    assert [labels for name, labels in counted if name == "reviews_total"] == [
        frozenset({("kind", "other"), ("operation", "other"), ("allowed", "true")})
    ]


async def test_a_review_is_logged_with_its_uid_and_without_its_body(certificates: CertificateFiles) -> None:
    async with served_webhook(certificates, judge_that_says(Says("NS101", ("spec",), "no"))) as webhook:
        await webhook.review(read_review("create-inference-service.json"))
        [line] = [line for line in webhook.logged() if line["event"] == "review"]
    assert line["uid"] == "705ab4f5-6393-11e8-b7cc-42010a800002"
    assert (line["kind"], line["namespace"], line["name"]) == ("InferenceService", "team-a", "mixtral-chat")
    assert (line["allowed"], line["denied_by"]) == (False, ["NS101"])
    assert set(line) == {
        "time", "level", "event", "uid", "kind", "namespace", "name", "operation", "dry_run", "judged", "allowed",
        "denied_by", "warned_by", "excepted_by", "notes", "duration_seconds",
    }  # fmt: skip
