"""One admission request to a verdict: which objects are judged, and with which facts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from admission_webhook.answer import Verdict, decide
from admission_webhook.review import AdmissionRequest
from neuroscale.errors import UnreadableInputError
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding, Severity
from neuroscale.rules.subject import ClusterFacts

Judge = Callable[[Sequence[ManifestObject], ClusterFacts], Sequence[Finding]]
FactsSource = Callable[[ManifestObject], ClusterFacts]

JUDGED_KINDS = frozenset(
    {
        ("serving.kserve.io", "InferenceService"),
        ("serving.kserve.io", "LLMInferenceService"),
        ("serving.kserve.io", "ServingRuntime"),
        ("serving.kserve.io", "ClusterServingRuntime"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("keda.sh", "ScaledObject"),
    }
)
JUDGED_OPERATIONS = frozenset({"CREATE", "UPDATE"})


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


def judge_request(request: AdmissionRequest, judge: Judge, facts_about: FactsSource, *, enforce: bool) -> Verdict:
    """Judge the object of a request that `is_judged`; the stored object is judged too when the new one is refused.

    Raises:
        UnreadableInputError: The request carries no object of the kind it names.
    """
    manifest = object_under_review(request)
    facts = facts_about(manifest)
    findings = judge((manifest,), facts)
    standing: Sequence[Finding] = ()
    if request.old_body is not None and any(finding.severity is Severity.DENY for finding in findings):
        standing = judge((_manifest(request, request.old_body),), facts)
    return decide(findings, standing, enforce=enforce)


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
