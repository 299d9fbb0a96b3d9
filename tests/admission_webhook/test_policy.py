"""The platform's policy at admission: from a mounted file, followed while it changes, and told without bodies."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from admission_webhook.certificates.issue import CertificateFiles
from neuroscale.errors import NeuroScaleError
from neuroscale.rules.finding import Severity
from tests.admission_webhook.serving import Says, judge_that_says, read_review, review_of, served_webhook

HEAD = "apiVersion: neuroscale.dev/v1alpha1\nkind: RulePolicy\n"
TODAY = date(2026, 11, 21)
SAYS = judge_that_says(Says("NS101", ("spec",), "eight ranks"), Says("NS106", ("spec",), "two stand idle"))


def body() -> dict[str, Any]:
    """Return the object of the usual review."""
    found: dict[str, Any] = read_review("create-inference-service.json")["request"]["object"]
    return found


def exception(expires: str = "2026-11-21", rule: str = "NS101") -> str:
    """Return the policy that excepts the usual object from one rule."""
    metadata = body()["metadata"]
    return HEAD + (
        f"exceptions:\n- rule: {rule}\n  kind: InferenceService\n  namespace: {metadata['namespace']}\n"
        f"  name: {metadata['name']}\n  reason: a release away\n  owner: search-platform\n  expires: {expires}\n"
    )


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    """Return the file that holds the policy."""
    file = tmp_path / "rule-policy.yaml"
    file.write_text(exception(), encoding="utf-8")
    return file


def write(file: Path, text: str) -> None:
    """Write a policy file."""
    file.write_text(text, encoding="utf-8")


def remove(file: Path) -> None:
    """Take a policy file away."""
    file.unlink()


def causes(answer: dict[str, Any]) -> list[str]:
    """Return the rules that refuse."""
    return [each["message"].partition(":")[0] for each in answer["status"]["details"]["causes"]]


async def test_an_exception_lets_its_rule_pass_and_is_told(
    certificates: CertificateFiles, policy_file: Path
) -> None:
    async with served_webhook(certificates, SAYS, policy_file=policy_file, today=TODAY) as webhook:
        answer = await webhook.review(review_of(body()))
        exposed = webhook.metrics.exposition().decode()
    assert causes(answer) == ["NS106"]
    assert answer["auditAnnotations"]["excepted"] == "NS101"
    (told,) = [line for line in webhook.logged() if line["event"] == "review"]
    assert (told["excepted_by"], told["denied_by"]) == (["NS101"], ["NS106"])
    labels = f'objects="InferenceService team-a/{body()["metadata"]["name"]}",owner="search-platform",rule="NS101"'
    counted = [
        line for line in exposed.splitlines() if line.startswith("neuroscale_webhook_excepted_findings_total{")
    ]
    assert counted == [f"neuroscale_webhook_excepted_findings_total{{{labels}}} 1.0"]


async def test_an_exception_that_nothing_needs_is_a_series_at_nought(
    certificates: CertificateFiles, policy_file: Path
) -> None:
    write(policy_file, exception(rule="NS302"))
    async with served_webhook(certificates, SAYS, policy_file=policy_file, today=TODAY) as webhook:
        await webhook.review(review_of(body()))
        exposed = webhook.metrics.exposition().decode()
    assert 'owner="search-platform",rule="NS302"} 0.0' in exposed
    assert "neuroscale_webhook_exception_expiry_timestamp_seconds{" in exposed


async def test_the_day_after_the_rule_refuses_again_and_names_the_owner(
    certificates: CertificateFiles, policy_file: Path
) -> None:
    async with served_webhook(certificates, SAYS, policy_file=policy_file, today=date(2026, 11, 22)) as webhook:
        answer = await webhook.review(review_of(body()))
    assert causes(answer) == ["NS101", "NS106"]
    assert "the exception of search-platform (a release away) expired on 2026-11-21" in answer["status"]["message"]


async def test_a_standing_violation_whose_exception_expired_is_a_warning(
    certificates: CertificateFiles, policy_file: Path
) -> None:
    async with served_webhook(certificates, SAYS, policy_file=policy_file, today=date(2026, 11, 22)) as webhook:
        answer = await webhook.review(review_of(body(), "UPDATE", body()))
    assert answer["allowed"]
    assert len(answer["warnings"]) == 2


async def test_a_severity_is_the_platforms(certificates: CertificateFiles, policy_file: Path) -> None:
    write(policy_file, HEAD + "severities: {NS101: {webhook: warn, cli: deny}, NS106: off}\n")
    async with served_webhook(certificates, SAYS, policy_file=policy_file) as webhook:
        answer = await webhook.review(review_of(body()))
    assert answer["allowed"]
    assert [text.partition(":")[0] for text in answer["warnings"]] == ["NS101"]


@pytest.mark.parametrize("field", ["labels", "annotations"])
async def test_an_object_cannot_grant_itself_anything(certificates: CertificateFiles, field: str) -> None:
    pleading = body()
    pleading["metadata"][field] = {
        "neuroscale.dev/exceptions": "NS101",
        "neuroscale.dev/severity": "off",
        "neuroscale.dev/rule-policy": exception(),
    }
    async with served_webhook(certificates, SAYS) as webhook:
        answer = await webhook.review(review_of(pleading))
    assert causes(answer) == ["NS101", "NS106"]


async def test_a_changed_file_is_followed_and_a_wrong_one_is_not(
    certificates: CertificateFiles, policy_file: Path
) -> None:
    async with served_webhook(certificates, SAYS, policy_file=policy_file, today=TODAY) as webhook:
        assert webhook.policy is not None
        write(policy_file, exception(rule="NS106"))
        webhook.policy.poll()
        changed = await webhook.review(review_of(body()))
        write(policy_file, HEAD + "exceptions: [{rule: NS101}]\n")
        webhook.policy.poll()
        webhook.policy.poll()
        kept = await webhook.review(review_of(body()))
        remove(policy_file)
        webhook.policy.poll()
        still = await webhook.review(review_of(body()))
        exposed = webhook.metrics.exposition().decode()
    assert causes(changed) == causes(kept) == causes(still) == ["NS101"]
    refusals = [line["reason"] for line in webhook.logged() if line["event"] == "policy-refused"]
    assert len(refusals) == 2
    assert "names neither a namespace nor a name" in refusals[0]
    assert 'neuroscale_webhook_policy_loads_total{result="refused"} 2.0' in exposed
    assert 'neuroscale_webhook_policy_loads_total{result="taken"} 2.0' in exposed
    assert 'rule="NS101"' not in "".join(line for line in exposed.splitlines() if "excepted" in line)


async def test_a_policy_that_is_wrong_at_the_start_is_no_start(
    certificates: CertificateFiles, policy_file: Path
) -> None:
    write(policy_file, HEAD + "severities: {NS101: never}\n")
    with pytest.raises(NeuroScaleError, match=r"severities\.NS101"):
        async with served_webhook(certificates, SAYS, policy_file=policy_file):
            pass


async def test_an_information_raised_by_nobody_stays_silent(
    certificates: CertificateFiles, policy_file: Path
) -> None:
    quiet = judge_that_says(Says("NS101", ("spec",), "worth knowing", severity=Severity.INFO))
    write(policy_file, HEAD + "severities: {NS101: deny}\n")
    async with served_webhook(certificates, quiet, policy_file=policy_file) as webhook:
        answer = await webhook.review(review_of(body()))
    assert answer["allowed"]
    assert "warnings" not in answer
