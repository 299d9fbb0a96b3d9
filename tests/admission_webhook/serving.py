"""A webhook that really listens, inside the test's event loop, and a client that speaks as the API server does."""

import io
import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from admission_webhook.application import WebhookLimits
from admission_webhook.certificates.issue import CertificateFiles
from admission_webhook.certificates.pair import PairFiles
from admission_webhook.facts import KnownFacts
from admission_webhook.judgement import Judge, Knowledge
from admission_webhook.live_policy import LivePolicy
from admission_webhook.metrics import WebhookMetrics, create_metrics
from admission_webhook.service import RunningService, ServiceSettings, running_service
from admission_webhook.structured_log import StructuredLog
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.manifests.object import FieldPath, ManifestObject
from neuroscale.rules.finding import Finding, Severity
from neuroscale.rules.policy import RulePolicy
from neuroscale.rules.subject import ClusterFacts

FIXTURES = Path(__file__).parent / "fixtures"
JSON = {"Content-Type": "application/json"}
SERVICE_NAME = "neuroscale-webhook.neuroscale.svc"


@dataclass(frozen=True, slots=True)
class ServedWebhook:
    """A webhook that listens, and a client that trusts its authority."""

    service: RunningService
    client: aiohttp.ClientSession
    metrics: WebhookMetrics
    log: io.StringIO
    authority: Path
    policy: LivePolicy | None = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.service.reviews.port}/validate"

    def health_url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.service.health.port}{path}"

    async def review(self, review: object) -> dict[str, Any]:
        """Send a review and return the answer's `response`."""
        async with self.client.post(
            self.url, params={"timeout": "10s"}, data=io.BytesIO(json.dumps(review).encode()), headers=JSON
        ) as response:
            assert response.status == 200, await response.text()
            answer = await response.json()
        assert (answer["apiVersion"], answer["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
        verdict: dict[str, Any] = answer["response"]
        return verdict

    async def send(self, body: bytes, **headers: str) -> tuple[int, str]:
        """Send any body and return the status and text."""
        async with self.client.post(self.url, data=io.BytesIO(body), headers={**JSON, **headers}) as response:
            return response.status, await response.text()

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


def read_review(name: str) -> dict[str, Any]:
    """Return a review of the fixtures, free to be changed."""
    review: dict[str, Any] = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    return review


def review_of(body: dict[str, Any], operation: str = "CREATE", old: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the review that the API server would send for an object."""
    review = read_review("create-inference-service.json")
    group, _, version = body["apiVersion"].rpartition("/")
    request = review["request"]
    request["kind"] = {"group": group, "version": version, "kind": body["kind"]}
    request["namespace"] = body["metadata"].get("namespace", "")
    request["name"] = body["metadata"]["name"]
    request["operation"] = operation
    request["object"] = deepcopy(body)
    request["oldObject"] = deepcopy(old)
    return review


def trust(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority))


@asynccontextmanager
async def served_webhook(
    certificates: CertificateFiles,
    judge: Judge,
    *,
    limits: WebhookLimits | None = None,
    enforce: bool = True,
    drain_seconds: float = 0.0,
    context: Sequence[ManifestObject] = (),
    profile_keys: tuple[Ed25519PublicKey, ...] = (),
    policy_file: Path | None = None,
    today: date | None = None,
) -> AsyncIterator[ServedWebhook]:
    """Serve with a judge of the test's choice on free ports."""
    log, metrics = io.StringIO(), create_metrics()
    settings = ServiceSettings(
        host="127.0.0.1",
        port=0,
        health_host="127.0.0.1",
        health_port=0,
        certificates=PairFiles(certificates.certificate, certificates.key, certificates.authority),
        dns_names=(SERVICE_NAME,),
        enforce=enforce,
        version="1.2.3",
        certificate_poll_seconds=0.05,
        drain_seconds=drain_seconds,
        limits=limits or WebhookLimits(),
    )
    policy = None if policy_file is None else LivePolicy(policy_file, metrics, StructuredLog(log))
    known = Knowledge(
        KnownFacts(load_catalogue(), None, context).about,
        profile_keys,
        policy=RulePolicy if policy is None else policy.current,
        today=lambda: today or datetime.now(UTC).date(),
    )
    connector = aiohttp.TCPConnector(ssl=trust(certificates.authority), limit=0)
    async with (
        running_service(
            settings, judge=judge, known=known, view=None, metrics=metrics, log=StructuredLog(log)
        ) as service,
        aiohttp.ClientSession(connector=connector, trust_env=False) as client,
    ):
        yield ServedWebhook(service, client, metrics, log, certificates.authority, policy)


@dataclass(frozen=True, slots=True)
class Says:
    """One finding that a judge of the test's choice makes about whatever it is shown."""

    rule: str
    path: FieldPath
    message: str
    fix: str = ""
    severity: Severity = Severity.DENY


def judge_that_says(*sayings: Says) -> Judge:
    def judge(objects: Sequence[ManifestObject], facts: ClusterFacts) -> tuple[Finding, ...]:
        return tuple(
            Finding(
                rule=said.rule,
                name="a-rule",
                severity=said.severity,
                manifest=manifest,
                path=said.path,
                message=said.message,
                fix=said.fix,
                documentation=f"https://neuroscale.dev/rules/{said.rule}",
            )
            for manifest in objects
            for said in sayings
        )

    return judge


def judge_by_label(label: str) -> Judge:
    """Return a judge that finds fault with every object that carries a label, and names its value."""

    def judge(objects: Sequence[ManifestObject], facts: ClusterFacts) -> tuple[Finding, ...]:
        return tuple(
            finding
            for manifest in objects
            if label in manifest.labels
            for finding in judge_that_says(Says("NS901", ("metadata", "labels", label), manifest.labels[label]))(
                (manifest,), facts
            )
        )

    return judge


def judge_that_raises(error: Callable[[], Exception]) -> Judge:
    def judge(objects: Sequence[ManifestObject], facts: ClusterFacts) -> tuple[Finding, ...]:
        raise error()

    return judge
