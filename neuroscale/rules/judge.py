"""The judgement: objects and facts in, findings out. Pure, and the same on every surface."""

from collections.abc import Sequence
from dataclasses import replace

from neuroscale.manifests.object import ManifestObject
from neuroscale.rules.context import IndexedContext, index_context
from neuroscale.rules.deployments import subjects_of
from neuroscale.rules.finding import Finding, MissingFact, Severity, Violation
from neuroscale.rules.registry import AnyRule, rules_for
from neuroscale.rules.subject import ClusterFacts, Deployment, KnowledgeGap, Subject

_GRAVITY = tuple(Severity)


def judge(objects: Sequence[ManifestObject], facts: ClusterFacts) -> tuple[Finding, ...]:
    """Return the findings about some objects, in the stable order of `Finding.sort_key`.

    The objects are judged together: a runtime among them is the runtime of a serving object among them, and wins
    over one of the same name in the context. Kinds that no rule knows are passed over. An error inside a rule is
    not caught here: it is a fault of ours, and the surface answers as for any other fault.

    Args:
        objects: What is judged.
        facts: What is known around it. Give an `IndexedContext` as its context to judge often against the same one.

    Raises:
        InvalidInputError: A field that has to be read holds a value of the wrong type.
    """
    surroundings = (IndexedContext(objects), index_context(facts.context))
    findings = [finding for manifest in objects for finding in _judge_object(manifest, surroundings, facts)]
    return tuple(sorted(findings, key=lambda finding: finding.sort_key))


def _judge_object(
    manifest: ManifestObject, surroundings: Sequence[IndexedContext], facts: ClusterFacts
) -> list[Finding]:
    findings: dict[tuple[object, ...], Finding] = {}
    gaps: dict[tuple[object, ...], KnowledgeGap] = {}

    def note(fact: MissingFact, *rules: str) -> None:
        gap = gaps.setdefault((fact.path, fact.message), KnowledgeGap(manifest, fact))
        gravest = min(gap.fact.severity, fact.severity, key=_GRAVITY.index)
        stopped = tuple(sorted({*gap.rules, *rules}))
        gaps[fact.path, fact.message] = replace(gap, fact=replace(gap.fact, severity=gravest), rules=stopped)

    def run(subject: Subject) -> None:
        for rule in rules_for(subject):
            for outcome in rule.judge(subject):
                if isinstance(outcome, MissingFact):
                    note(outcome, rule.identifier)
                else:
                    # Two parts of one object that repeat one fault (a leader and its workers) are one finding.
                    findings.setdefault(
                        (rule.identifier, outcome.path, outcome.message), _finding(rule, manifest, outcome)
                    )

    for subject in subjects_of(manifest, surroundings, facts):
        if isinstance(subject, Deployment):
            for doubt in subject.doubts:
                note(doubt)
        run(subject)
    for gap in tuple(gaps.values()):
        run(gap)
    return list(findings.values())


def _finding(rule: AnyRule, manifest: ManifestObject, violation: Violation) -> Finding:
    severity = violation.severity or rule.severity
    return Finding(
        rule=rule.identifier,
        name=rule.name,
        severity=max(severity, rule.severity, key=_GRAVITY.index),
        manifest=manifest,
        path=violation.path,
        message=violation.message,
        fix=violation.fix,
        documentation=rule.documentation,
        patch=violation.patch,
    )
