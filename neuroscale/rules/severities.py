"""How gravely each surface treats a rule, as the platform decides it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from neuroscale.rules.finding import Severity


class Surface(StrEnum):
    """Where a finding is shown or enforced."""

    CLI = "cli"
    ACTION = "action"
    WEBHOOK = "webhook"
    AUDIT = "audit"


Level = Severity | Literal["off"]
SeverityOverrides = Mapping[tuple[str, Surface], Level]

_GRAVITY = tuple(Severity)


def overridden(found: Severity, gravest: Severity, level: Level | None) -> Severity | None:
    """Return the severity of one finding under an override; None when the rule is off.

    An override says how grave the rule is. A finding that is milder than its rule can be is less certain; it is
    never made graver than it was, but it is made milder with the rest.

    Args:
        found: The severity that the rule gave the finding.
        gravest: The gravest severity that the rule can give.
        level: The override; None leaves the finding as it is.
    """
    if level is None:
        return found
    if level == "off":
        return None
    return level if found is gravest else max(found, level, key=_GRAVITY.index)
