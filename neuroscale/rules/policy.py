"""What the platform decides about findings: how grave each rule is on a surface, and which objects may break it.

Applied to findings after the rules have judged, on every surface alike. Nothing that an object says of itself is
asked here: no label and no annotation loosens a rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from neuroscale.rules.exceptions import ExceptionReport, ExceptionUse, RuleException, expiry_note
from neuroscale.rules.finding import Finding
from neuroscale.rules.registry import all_rules
from neuroscale.rules.severities import SeverityOverrides, Surface, overridden

_GRAVEST = {rule.identifier: rule.severity for rule in all_rules()}


@dataclass(frozen=True, slots=True)
class RulePolicy:
    """The platform's decisions.

    Attributes:
        severities: How grave a rule is on a surface; what is not named stays as the rule has it.
        exceptions: Who may break which rule, in the order written.
    """

    severities: SeverityOverrides = field(default_factory=dict)
    exceptions: tuple[RuleException, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """Findings after the platform's decisions.

    Attributes:
        findings: Those that stand, in the order given.
        exceptions: What became of the exceptions.
    """

    findings: tuple[Finding, ...]
    exceptions: ExceptionReport


def rule_on(findings: Sequence[Finding], policy: RulePolicy, surface: Surface, today: date) -> Ruling:
    """Apply the platform's decisions to findings.

    Args:
        findings: What the rules found.
        policy: What the platform decided.
        surface: Where the findings are shown or enforced.
        today: The day by which exceptions expire (UTC).
    """
    standing: list[Finding] = []
    used: dict[RuleException, list[Finding]] = {}
    expired: dict[RuleException, list[Finding]] = {}
    by_rule = _by_rule(policy.exceptions)
    for finding in findings:
        severity = overridden(
            finding.severity,
            _GRAVEST.get(finding.rule, finding.severity),
            policy.severities.get((finding.rule, surface)),
        )
        if severity is None:
            continue
        judged = finding if severity is finding.severity else replace(finding, severity=severity)
        about = [each for each in by_rule.get(finding.rule, ()) if each.covers(finding.rule, finding.manifest)]
        holding = [each for each in about if each.holds_on(today)]
        if holding:
            for each in holding:
                used.setdefault(each, []).append(judged)
            continue
        if about:
            judged = replace(judged, message=judged.message + expiry_note(about[-1]))
            for each in about:
                expired.setdefault(each, []).append(judged)
        standing.append(judged)
    return Ruling(
        tuple(standing),
        ExceptionReport(
            used=_uses(policy, used),
            expired=_uses(policy, expired),
            unused=tuple(each for each in policy.exceptions if each not in used and each not in expired),
        ),
    )


def _by_rule(exceptions: Sequence[RuleException]) -> Mapping[str, Sequence[RuleException]]:
    by_rule: dict[str, list[RuleException]] = {}
    for exception in exceptions:
        by_rule.setdefault(exception.rule, []).append(exception)
    return by_rule


def _uses(policy: RulePolicy, found: Mapping[RuleException, Sequence[Finding]]) -> tuple[ExceptionUse, ...]:
    ordered = dict.fromkeys(policy.exceptions)
    return tuple(ExceptionUse(each, tuple(found[each])) for each in ordered if each in found)
