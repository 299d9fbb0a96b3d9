"""A refusal: one answer that names every violation, in a form that kubectl prints as a list."""

from admission_webhook.certificates.issue import CertificateFiles
from neuroscale.rules.finding import Severity
from tests.admission_webhook.serving import Says, judge_that_says, read_review, served_webhook

ARGUMENT = ("spec", "predictor", "containers", 0, "args", 2)
HEADS = Says("NS101", ARGUMENT, "tensor parallel size 8 does not divide 20 attention heads", "valid here: 1, 2, 4")
LABEL = Says("NS902", ("metadata", "labels", "cost-center"), "the label is missing")
FIRST = Says("NS101", ("metadata", "annotations", "a.b/c"), "another place of the same rule")


async def test_a_denial_is_a_200_with_exactly_this_answer(certificates: CertificateFiles) -> None:
    async with served_webhook(certificates, judge_that_says(LABEL, HEADS, FIRST)) as webhook:
        response = await webhook.review(read_review("create-inference-service.json"))
    annotations = response.pop("auditAnnotations")
    assert response == {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "allowed": False,
        "status": {
            "code": 422,
            "reason": "Invalid",
            "message": (
                "NS101: metadata.annotations[a.b/c]: another place of the same rule\n"
                "NS101: spec.predictor.containers[0].args[2]: tensor parallel size 8 does not divide 20 attention "
                "heads (valid here: 1, 2, 4)\n"
                "NS902: metadata.labels.cost-center: the label is missing"
            ),
            "details": {
                "group": "serving.kserve.io",
                "kind": "InferenceService",
                "name": "mixtral-chat",
                "causes": [
                    {
                        "reason": "FieldValueInvalid",
                        "field": "metadata.annotations[a.b/c]",
                        "message": "NS101: another place of the same rule",
                    },
                    {
                        "reason": "FieldValueInvalid",
                        "field": "spec.predictor.containers[0].args[2]",
                        "message": (
                            "NS101: tensor parallel size 8 does not divide 20 attention heads (valid here: 1, 2, 4)"
                        ),
                    },
                    {
                        "reason": "FieldValueInvalid",
                        "field": "metadata.labels.cost-center",
                        "message": "NS902: the label is missing",
                    },
                ],
            },
        },
    }
    assert set(annotations) == {"mode", "version", "duration", "findings"}
    assert (annotations["mode"], annotations["version"]) == ("enforce", "1.2.3")
    assert annotations["findings"] == "NS101=deny,NS902=deny"


async def test_audit_annotation_keys_hold_no_slash(certificates: CertificateFiles) -> None:
    async with served_webhook(certificates, judge_that_says(HEADS)) as webhook:
        response = await webhook.review(read_review("create-inference-service.json"))
    assert not [key for key in response["auditAnnotations"] if "/" in key]


async def test_warnings_accompany_a_denial(certificates: CertificateFiles) -> None:
    warned = Says("NS301", ("spec",), "scale on queue depth", severity=Severity.WARN)
    async with served_webhook(certificates, judge_that_says(HEADS, warned)) as webhook:
        response = await webhook.review(read_review("create-inference-service.json"))
    assert not response["allowed"]
    assert response["warnings"] == ["NS301: spec: scale on queue depth"]
    assert response["auditAnnotations"]["findings"] == "NS101=deny,NS301=warn"


async def test_a_denial_never_carries_a_patch(certificates: CertificateFiles) -> None:
    async with served_webhook(certificates, judge_that_says(HEADS)) as webhook:
        response = await webhook.review(read_review("create-inference-service.json"))
    assert not {"patch", "patchType"} & set(response)


async def test_an_object_whose_name_is_to_be_generated_is_named_by_what_is_known(
    certificates: CertificateFiles,
) -> None:
    review = read_review("create-inference-service.json")
    review["request"]["name"] = ""
    del review["request"]["object"]["metadata"]["name"]
    async with served_webhook(certificates, judge_that_says(HEADS)) as webhook:
        response = await webhook.review(review)
    assert response["status"]["details"]["name"] == ""


async def test_in_warn_mode_the_same_violation_is_a_warning(certificates: CertificateFiles) -> None:
    async with served_webhook(certificates, judge_that_says(LABEL), enforce=False) as webhook:
        response = await webhook.review(read_review("create-inference-service.json"))
    assert response["allowed"]
    assert response["warnings"] == ["NS902: metadata.labels.cost-center: the label is missing"]
    assert response["auditAnnotations"]["mode"] == "warn"
