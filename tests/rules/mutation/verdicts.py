"""What the rules say about a case: the identifiers of those that deny it."""

from neuroscale.rules.finding import Severity
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts
from tests.rules.mutation.cases import ENGINE_IMAGE, Case
from tests.rules.mutation.models import catalogue
from tests.rules.objects import endpoint


def denying_rules(case: Case) -> tuple[str, ...]:
    """Judge the deployment as an InferenceService and return which rules deny it, in order, each once."""
    manifest = endpoint(
        [f"--model={case.model}", *case.arguments],
        image=f"{ENGINE_IMAGE}{case.version}",
        accelerators=case.accelerators,
    )
    findings = judge([manifest], ClusterFacts(models=catalogue()))
    return tuple(sorted({finding.rule for finding in findings if finding.severity is Severity.DENY}))
