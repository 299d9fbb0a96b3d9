"""What the API server requires of every answer, and what it must not be told is a refusal."""

from copy import deepcopy

import pytest

from admission_webhook.application import WebhookLimits
from admission_webhook.certificates.issue import CertificateFiles
from admission_webhook.judgement import JUDGED_KINDS
from neuroscale.rules.finding import Severity
from tests.admission_webhook.serving import (
    Says,
    judge_by_label,
    judge_that_says,
    read_review,
    review_of,
    served_webhook,
)

NOTHING = judge_that_says()
DENY_ALL = judge_that_says(Says("NS901", ("spec",), "no"))


async def test_the_answer_echoes_uid_and_version_and_allows_what_no_rule_minds(
    certificates: CertificateFiles,
) -> None:
    async with served_webhook(certificates, NOTHING) as webhook:
        response = await webhook.review(read_review("create-inference-service.json"))
    assert response["uid"] == "705ab4f5-6393-11e8-b7cc-42010a800002"
    assert response["allowed"] is True
    assert "status" not in response
    assert "warnings" not in response


@pytest.mark.parametrize(("group", "kind"), sorted(JUDGED_KINDS))
@pytest.mark.parametrize("operation", ["CREATE", "UPDATE"])
async def test_serving_and_autoscaling_kinds_are_judged(
    certificates: CertificateFiles, group: str, kind: str, operation: str
) -> None:
    body = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "one", "namespace": "team-a"}}
    async with served_webhook(certificates, DENY_ALL) as webhook:
        response = await webhook.review(review_of(body, operation))
    assert not response["allowed"]
    assert response["status"]["details"]["kind"] == kind


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("apps/v1", "DaemonSet"),
        ("v1", "Pod"),
        ("serving.kserve.io/v1alpha1", "InferenceGraph"),
        ("v1", "ScaledObject"),
    ],
)
async def test_other_kinds_pass_untouched(certificates: CertificateFiles, api_version: str, kind: str) -> None:
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "one", "namespace": "team-a"}}
    async with served_webhook(certificates, DENY_ALL) as webhook:
        response = await webhook.review(review_of(body))
    assert response == {"uid": response["uid"], "allowed": True}


@pytest.mark.parametrize("sub_resource", ["status", "scale"])
async def test_subresources_pass_untouched(certificates: CertificateFiles, sub_resource: str) -> None:
    review = read_review("create-inference-service.json")
    review["request"]["subResource"] = sub_resource
    async with served_webhook(certificates, DENY_ALL) as webhook:
        assert (await webhook.review(review))["allowed"]


async def test_deletions_pass_untouched(certificates: CertificateFiles) -> None:
    review = read_review("create-inference-service.json")
    request = review["request"]
    request["operation"], request["oldObject"], request["object"] = "DELETE", request["object"], None
    async with served_webhook(certificates, DENY_ALL) as webhook:
        assert (await webhook.review(review))["allowed"]


async def test_an_object_that_is_being_deleted_can_lose_its_finalizers(certificates: CertificateFiles) -> None:
    review = read_review("create-inference-service.json")
    body = review["request"]["object"]
    body["metadata"]["deletionTimestamp"] = "2026-11-21T09:30:00Z"
    async with served_webhook(certificates, DENY_ALL) as webhook:
        assert (await webhook.review(review_of(body, "UPDATE", body)))["allowed"]


async def test_a_dry_run_is_judged_like_any_other_write(certificates: CertificateFiles) -> None:
    review = read_review("create-inference-service.json")
    review["request"]["dryRun"] = True
    async with served_webhook(certificates, DENY_ALL) as webhook:
        assert not (await webhook.review(review))["allowed"]
        assert webhook.logged()[-1]["dry_run"] is True


async def test_a_violation_that_the_stored_object_has_already_is_a_warning(certificates: CertificateFiles) -> None:
    stored = read_review("create-inference-service.json")["request"]["object"]
    stored["metadata"]["labels"]["flaw"] = "the same"
    changed = deepcopy(stored)
    changed["spec"]["predictor"]["maxReplicas"] = 7
    async with served_webhook(certificates, judge_by_label("flaw")) as webhook:
        response = await webhook.review(review_of(changed, "UPDATE", stored))
    assert response["allowed"]
    assert response["warnings"] == ["NS901: metadata.labels.flaw: the same"]


async def test_a_violation_that_an_update_brings_is_a_denial(certificates: CertificateFiles) -> None:
    stored = read_review("create-inference-service.json")["request"]["object"]
    stored["metadata"]["labels"]["flaw"] = "the old one"
    changed = deepcopy(stored)
    changed["metadata"]["labels"]["flaw"] = "a new one"
    async with served_webhook(certificates, judge_by_label("flaw")) as webhook:
        response = await webhook.review(review_of(changed, "UPDATE", stored))
    assert not response["allowed"]
    assert response["status"]["message"] == "NS901: metadata.labels.flaw: a new one"


async def test_information_is_kept_from_the_terminal(certificates: CertificateFiles) -> None:
    informs = judge_that_says(Says("NS900", ("spec",), "worth knowing", severity=Severity.INFO))
    async with served_webhook(certificates, informs) as webhook:
        assert "warnings" not in await webhook.review(read_review("create-inference-service.json"))


async def test_a_big_review_is_judged_too(certificates: CertificateFiles) -> None:
    review = read_review("create-inference-service.json")
    review["request"]["object"]["metadata"]["annotations"]["big"] = "x" * 3_000_000
    async with served_webhook(certificates, DENY_ALL, limits=WebhookLimits()) as webhook:
        assert not (await webhook.review(review))["allowed"]
