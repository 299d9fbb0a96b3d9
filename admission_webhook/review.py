"""The AdmissionReview v1 codec: bytes to a request that can be judged, and an answer to bytes.

The API server takes an answer only when its group, version, kind and uid are exactly those of the question, and it
treats a validating answer that carries a patch as a failed call; see
https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, NotRequired, TypedDict

from neuroscale.errors import UnreadableInputError

API_VERSION = "admission.k8s.io/v1"
KIND = "AdmissionReview"


class StatusCause(TypedDict):
    """One violation; kubectl prints it as a bullet `* <field>: <message>`."""

    reason: str
    field: str
    message: str


class StatusDetails(TypedDict):
    """The object that was refused and why."""

    group: str
    kind: str
    name: str
    causes: list[StatusCause]


class Status(TypedDict):
    """The part of metav1.Status that the API server passes on to the client."""

    code: int
    reason: str
    message: str
    details: StatusDetails


class AdmissionResponse(TypedDict):
    """An answer to one review."""

    uid: str
    allowed: bool
    status: NotRequired[Status]
    warnings: NotRequired[list[str]]
    auditAnnotations: NotRequired[dict[str, str]]


class AdmissionReviewAnswer(TypedDict):
    """The envelope of an answer."""

    apiVersion: Literal["admission.k8s.io/v1"]
    kind: Literal["AdmissionReview"]
    response: AdmissionResponse


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """What the API server asks about.

    Attributes:
        uid: Identity of this call, to be echoed.
        group: API group of the object, "" for the core group.
        version: API version of the object.
        kind: Kind of the object.
        sub_resource: "" when the object itself is written, else "status", "scale", ...
        namespace: "" for a cluster-scoped object.
        name: "" on CREATE when the API server is to generate the name.
        operation: "CREATE", "UPDATE", "DELETE" or "CONNECT".
        dry_run: The write will not be persisted.
        body: The object as it would be stored; None on DELETE and CONNECT.
        old_body: The object as it is stored; None on CREATE and CONNECT.
    """

    uid: str
    group: str
    version: str
    kind: str
    sub_resource: str
    namespace: str
    name: str
    operation: str
    dry_run: bool
    body: Mapping[str, Any] | None
    old_body: Mapping[str, Any] | None


def read_review(body: bytes) -> AdmissionRequest:
    """Read the body of a call.

    Raises:
        UnreadableInputError: It is no JSON, or no AdmissionReview v1 with a request.
    """
    try:
        review = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise UnreadableInputError("the body is not JSON") from error
    if not isinstance(review, dict):
        raise UnreadableInputError("the body is not a JSON object")
    if review.get("apiVersion") != API_VERSION or review.get("kind") != KIND:
        raise UnreadableInputError(f"the body is not an {API_VERSION} {KIND}", field="apiVersion")
    request = _mapping(review, "request")
    gvk = _mapping(request, "kind")
    uid = _text(request, "uid")
    if not uid:
        raise UnreadableInputError("the review has no uid", field="uid")
    return AdmissionRequest(
        uid=uid,
        group=_text(gvk, "group"),
        version=_text(gvk, "version"),
        kind=_text(gvk, "kind"),
        sub_resource=_text(request, "subResource"),
        namespace=_text(request, "namespace"),
        name=_text(request, "name"),
        operation=_text(request, "operation"),
        dry_run=request.get("dryRun") is True,
        body=_optional_mapping(request, "object"),
        old_body=_optional_mapping(request, "oldObject"),
    )


def write_answer(response: AdmissionResponse) -> bytes:
    """Wrap an answer in its envelope. ASCII only, so that nothing in an object can make it invalid UTF-8."""
    answer: AdmissionReviewAnswer = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": response,
    }
    return json.dumps(answer, separators=(",", ":")).encode("ascii")


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _mapping(parent: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = _optional_mapping(parent, field)
    if value is None:
        raise UnreadableInputError("the field is missing", field=field)
    return value


def _optional_mapping(parent: Mapping[str, Any], field: str) -> Mapping[str, Any] | None:
    value = parent.get(field)
    if value is not None and not isinstance(value, dict):
        raise UnreadableInputError("the field is not an object", field=field)
    return value


def _text(parent: Mapping[str, Any], field: str) -> str:
    value = parent.get(field, "")
    if not isinstance(value, str):
        raise UnreadableInputError("the field is not a string", field=field)
    return value
