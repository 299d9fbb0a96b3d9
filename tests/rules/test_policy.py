"""The platform's decisions: exceptions end, are accounted for, and come from the platform alone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.exceptions import RuleException
from neuroscale.rules.finding import Severity
from neuroscale.rules.policy import RulePolicy, rule_on
from neuroscale.rules.severities import Level, Surface
from tests.rules.objects import endpoint, judged, rules_of

TODAY = date(2026, 11, 21)
GRANTED = RuleException(
    rule="NS101",
    kind="InferenceService",
    namespace="search",
    name="chat-*",
    reason="the next release of the engine takes it",
    owner="search-platform",
    expires=TODAY,
)


def broken(name: str = "chat-1", namespace: str = "search") -> ManifestObject:
    """Return an endpoint that NS101 denies, and warns about the labels of."""
    manifest = endpoint(["--model=Qwen/Qwen3-30B-A3B", "--tensor-parallel-size=3"], name=name)
    return replace(manifest, namespace=namespace)


def denied(policy: RulePolicy, manifest: ManifestObject, today: date = TODAY) -> set[str]:
    """Return the rules that deny an object under a policy."""
    ruling = rule_on(judged(manifest), policy, Surface.CLI, today)
    return {finding.rule for finding in ruling.findings if finding.severity is Severity.DENY}


def test_an_exception_holds_for_its_rule_and_its_objects_alone() -> None:
    policy = RulePolicy(exceptions=(GRANTED,))
    before = denied(RulePolicy(), broken())
    assert "NS101" in before
    assert denied(policy, broken()) == before - {"NS101"}
    assert denied(policy, broken(name="search-1")) == before
    assert denied(policy, broken(namespace="shop")) == before
    assert denied(policy, broken(namespace="")) == before
    assert denied(RulePolicy(exceptions=(replace(GRANTED, kind="ServingRuntime"),)), broken()) == before


def test_a_namespace_alone_excepts_all_its_objects() -> None:
    policy = RulePolicy(exceptions=(replace(GRANTED, kind="", name=""),))
    assert "NS101" not in denied(policy, broken(name="anything"))
    assert "NS101" in denied(policy, broken(name="anything", namespace="shop"))


def test_a_used_exception_is_reported_with_what_it_set_aside() -> None:
    ruling = rule_on(judged(broken()), RulePolicy(exceptions=(GRANTED,)), Surface.CLI, TODAY)
    (use,) = ruling.exceptions.used
    assert use.exception == GRANTED
    assert [finding.rule for finding in use.findings] == ["NS101"]
    assert (ruling.exceptions.expired, ruling.exceptions.unused) == ((), ())


def test_an_expired_exception_lets_the_rule_fire_again_and_names_its_owner() -> None:
    ruling = rule_on(judged(broken()), RulePolicy(exceptions=(GRANTED,)), Surface.CLI, TODAY + timedelta(days=1))
    (finding,) = [each for each in ruling.findings if each.rule == "NS101"]
    assert finding.severity is Severity.DENY
    assert finding.message.endswith(
        "; the exception of search-platform (the next release of the engine takes it) expired on 2026-11-21"
    )
    (use,) = ruling.exceptions.expired
    assert (use.exception, use.findings) == (GRANTED, (finding,))


def test_an_exception_that_replaces_an_expired_one_holds() -> None:
    renewed = replace(GRANTED, expires=TODAY + timedelta(days=30))
    ruling = rule_on(
        judged(broken()), RulePolicy(exceptions=(GRANTED, renewed)), Surface.CLI, TODAY + timedelta(days=1)
    )
    assert "NS101" not in {finding.rule for finding in ruling.findings}
    assert ruling.exceptions.unused == (GRANTED,)


def test_an_exception_that_nothing_needs_is_reported() -> None:
    unneeded = replace(GRANTED, rule="NS302")
    ruling = rule_on(judged(broken()), RulePolicy(exceptions=(unneeded,)), Surface.CLI, TODAY)
    assert ruling.exceptions.unused == (unneeded,)


@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_an_object_cannot_grant_itself_an_exception(field: str) -> None:
    granted = {
        "neuroscale.dev/exceptions": "NS101",
        "neuroscale.dev/ignore": "NS101",
        "neuroscale.dev/severity": "off",
        "NS101": "off",
        "neuroscale.dev/rule-policy": "exceptions: [{rule: NS101, namespace: search}]",
    }
    manifest = broken()
    pleading = broken()
    pleading.body["metadata"][field] = {**manifest.body["metadata"].get(field, {}), **granted}
    for surface in Surface:
        assert rules_of(rule_on(judged(pleading), RulePolicy(), surface, TODAY).findings) == rules_of(
            judged(manifest)
        )


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("off", None),
        (Severity.INFO, Severity.INFO),
        (Severity.WARN, Severity.WARN),
        (Severity.DENY, Severity.DENY),
    ],
)
def test_a_severity_holds_on_its_surface_alone(level: Level, expected: Severity | None) -> None:
    policy = RulePolicy(severities={("NS101", Surface.WEBHOOK): level})
    found = {
        surface: next(
            (
                each.severity
                for each in rule_on(judged(broken()), policy, surface, TODAY).findings
                if each.rule == "NS101"
            ),
            None,
        )
        for surface in Surface
    }
    assert found == dict.fromkeys(Surface, Severity.DENY) | {Surface.WEBHOOK: expected}


def test_a_warning_of_a_rule_that_can_deny_is_never_made_graver() -> None:
    idle = endpoint(["--model=Qwen/Qwen3-30B-A3B", "--tensor-parallel-size=2"], accelerators=4)
    warned = [each for each in judged(idle) if each.rule == "NS106"]
    assert [each.severity for each in warned] == [Severity.WARN]
    for level, expected in ((Severity.DENY, Severity.WARN), (Severity.INFO, Severity.INFO)):
        policy = RulePolicy(severities={("NS106", Surface.CLI): level})
        (finding,) = rule_on(warned, policy, Surface.CLI, TODAY).findings
        assert finding.severity is expected


def test_an_exception_for_a_rule_that_is_off_is_not_needed() -> None:
    policy = RulePolicy(severities={("NS101", Surface.CLI): "off"}, exceptions=(GRANTED,))
    assert rule_on(judged(broken()), policy, Surface.CLI, TODAY).exceptions.unused == (GRANTED,)
