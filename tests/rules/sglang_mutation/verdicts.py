"""What the rules say about a case: the identifiers of those that deny it."""

from neuroscale.rules.finding import Severity
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts
from tests.rules.mutation.cases import Case
from tests.rules.mutation.models import catalogue
from tests.rules.objects import endpoint

# What was recorded stands for NVIDIA's accelerators, and for enough of them.
_ENOUGH_ACCELERATORS = 4096
# The endpoint of the tests listens on port 8000.
_LAUNCH = ("python3", "-m", "sglang.launch_server", "--port=8000")


def denying_rules(case: Case) -> tuple[str, ...]:
    """Judge the deployment as an InferenceService and return which rules deny it, in order, each once."""
    manifest = endpoint(
        [*_LAUNCH, f"--model-path={case.model}", *case.arguments],
        image=f"lmsysorg/sglang:v{case.version}",
        accelerators=_ENOUGH_ACCELERATORS,
    )
    findings = judge([manifest], ClusterFacts(models=catalogue()))
    return tuple(sorted({finding.rule for finding in findings if finding.severity is Severity.DENY}))
