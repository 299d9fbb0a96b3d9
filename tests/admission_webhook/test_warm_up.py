"""Before the first review everything that the rules need is loaded, and a rule that cannot run stops the start."""

import pytest

from admission_webhook.judgement import JUDGED_KINDS
from admission_webhook.warm_up import warm_up
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.finding import Finding, Severity
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts
from tests.admission_webhook.serving import judge_that_raises


def test_the_samples_are_of_judged_kinds_and_nothing_refuses_them() -> None:
    judged: list[ManifestObject] = []
    findings: list[Finding] = []

    def witness(objects: tuple[ManifestObject, ...], facts: ClusterFacts) -> tuple[Finding, ...]:
        judged.extend(objects)
        findings.extend(judge(objects, facts))
        return ()

    warm_up(witness, load_catalogue())  # type: ignore[arg-type]
    assert {(each.api_group, each.kind) for each in judged} <= JUDGED_KINDS
    assert len(judged) == 9
    assert [each.message for each in findings if each.severity is Severity.DENY and each.rule != "NS501"] == []


def test_a_rule_that_cannot_run_stops_the_start() -> None:
    with pytest.raises(ZeroDivisionError):
        warm_up(judge_that_raises(ZeroDivisionError), load_catalogue())
