"""One admission request to a verdict: which objects are judged, and with which facts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from admission_webhook.answer import Verdict, decide
from admission_webhook.review import AdmissionRequest
from neuroscale.errors import InvalidInputError, UnreadableInputError
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding, Severity
from neuroscale.rules.policy import RulePolicy, Ruling, rule_on
from neuroscale.rules.severities import Surface
from neuroscale.rules.subject import ClusterFacts

Judge = Callable[[Sequence[ManifestObject], ClusterFacts], Sequence[Finding]]
FactsSource = Callable[[ManifestObject], ClusterFacts]

JUDGED_KINDS = frozenset(
    {
        ("serving.kserve.io", "InferenceService"),
        ("serving.kserve.io", "LLMInferenceService"),
        ("serving.kserve.io", "ServingRuntime"),
        ("serving.kserve.io", "ClusterServingRuntime"),
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("keda.sh", "ScaledObject"),
    }
)
JUDGED_OPERATIONS = frozenset({"CREATE", "UPDATE"})


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a judgement rests on besides the object.

    Attributes:
        facts_about: Gathers what is known around an object; reads memory only.
        profile_keys: Whose model profiles are believed; empty to believe all.
        policy: Returns what the platform has decided by now.
        today: Returns the day by which exceptions expire.
    """

    facts_about: FactsSource
    profile_keys: tuple[Ed25519PublicKey, ...] = ()
    policy: Callable[[], RulePolicy] = RulePolicy
    today: Callable[[], date] = lambda: datetime.now(UTC).date()

    def facts_around(self, manifest: ManifestObject) -> ClusterFacts:
        """Return what is known around an object, with the keys whose word is taken for a model."""
        return replace(self.facts_about(manifest), profile_keys=self.profile_keys)


def is_judged(request: AdmissionRequest) -> bool:
    """Whether the rules have anything to say about this request.

    Everything else passes untouched: other kinds, subresources, deletions, and writes to an object that is being
    deleted, because those remove finalizers.
    """
    return (
        (request.group, request.kind) in JUDGED_KINDS
        and request.operation in JUDGED_OPERATIONS
        and not request.sub_resource
        and not _is_being_deleted(request.body)
    )


def object_under_review(request: AdmissionRequest) -> ManifestObject:
    """Return the object as it would be stored.

    Raises:
        UnreadableInputError: The request carries no such object.
    """
    body = request.body
    if body is None:
        raise UnreadableInputError("the review carries no object", field="object")
    if body.get("kind") != request.kind or body.get("apiVersion") != _api_version(request):
        raise UnreadableInputError("the object is not of the kind that the review names", field="object.kind")
    return _manifest(request, body)


def judge_request(request: AdmissionRequest, judge: Judge, known: Knowledge, *, enforce: bool) -> Verdict:
    """Judge the object of a request that `is_judged`; the stored object is judged too when the new one is refused.

    An object that the rules cannot read passes with a note: not to know is no ground for a refusal.

    Raises:
        UnreadableInputError: The request carries no object of the kind it names.
    """
    manifest = object_under_review(request)
    try:
        facts = known.facts_around(manifest)
        decided, today = known.policy(), known.today()

        def ruling_on(found: Sequence[Finding]) -> Ruling:
            return rule_on(found, decided, Surface.WEBHOOK, today)

        ruling = ruling_on(judge((manifest,), facts))
        standing: Sequence[Finding] = ()
        if request.old_body is not None and any(finding.severity is Severity.DENY for finding in ruling.findings):
            stored = _manifest(request, request.old_body)
            standing = ruling_on(_standing_findings(stored, judge, facts)).findings
    except InvalidInputError as error:
        return Verdict(notes=(f"this object cannot be judged: {error}",))
    verdict = decide(ruling.findings, standing, enforce=enforce)
    return replace(verdict, exceptions=ruling.exceptions)


def _standing_findings(stored: ManifestObject, judge: Judge, facts: ClusterFacts) -> Sequence[Finding]:
    try:
        return judge((stored,), facts)
    except InvalidInputError:
        return ()


def _manifest(request: AdmissionRequest, body: Mapping[str, Any]) -> ManifestObject:
    metadata = body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return ManifestObject(
        api_version=_api_version(request),
        kind=request.kind,
        namespace=request.namespace,
        name=name if isinstance(name, str) else request.name,
        body=body,
    )


def _api_version(request: AdmissionRequest) -> str:
    return f"{request.group}/{request.version}"


def _is_being_deleted(body: Mapping[str, Any] | None) -> bool:
    metadata = body.get("metadata") if body else None
    return isinstance(metadata, Mapping) and metadata.get("deletionTimestamp") is not None
