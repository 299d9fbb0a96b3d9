"""What the rules say of a candidate: the very rules, on the very settings, that admission judges later."""

from collections.abc import Iterator
from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.workload import AcceleratorRequest, ServingWorkload
from neuroscale.rules.finding import Severity, Violation
from neuroscale.rules.registry import rules_for
from neuroscale.rules.subject import Deployment

_CONTAINER = ("spec", "predictor", "containers", 0)
_CANDIDATE = ManifestObject("serving.kserve.io/v1beta1", "InferenceService", "", "candidate", {})
_CANDIDATE_OF_SEVERAL_PODS = ManifestObject(
    "serving.kserve.io/v1alpha2", "LLMInferenceService", "", "candidate", {}
)


@dataclass(frozen=True, slots=True)
class Objection:
    """What a rule has against a candidate.

    Attributes:
        rule: Its identifier.
        severity: DENY or WARN.
        message: The message of the finding.
    """

    rule: str
    severity: Severity
    message: str


def gravest_objection(
    architecture: ModelArchitecture, accelerator: Accelerator, settings: EngineSettings, pods: int = 1
) -> Objection | None:
    """Return the first denial of a candidate, else the first warning, else None.

    A candidate that draws a warning is not a plan either: what the planner answers has to pass every gate without
    a finding. It stays visible as a refusal that says which warning it would draw.
    """
    warning = None
    for objection in _objections(architecture, accelerator, settings, pods):
        if objection.severity is Severity.DENY:
            return objection
        warning = warning or objection
    return warning


def _objections(
    architecture: ModelArchitecture, accelerator: Accelerator, settings: EngineSettings, pods: int
) -> Iterator[Objection]:
    deployment = Deployment(
        workload=ServingWorkload(
            manifest=_CANDIDATE if pods == 1 else _CANDIDATE_OF_SEVERAL_PODS,
            part="predictor",
            container_path=_CONTAINER,
            settings=settings,
            model=None,
            accelerators=AcceleratorRequest(
                accelerator.resource_name, settings.world_size // pods, (*_CONTAINER, "resources")
            ),
            pods_per_replica=pods,
        ),
        architecture=architecture,
        architecture_source="catalogue",
        accelerators=(accelerator,),
        accelerators_source="node labels",
    )
    for rule in rules_for(deployment):
        for outcome in rule.judge(deployment):
            if isinstance(outcome, Violation):
                severity = outcome.severity or rule.severity
                if severity is not Severity.INFO:
                    yield Objection(rule.identifier, severity, outcome.message)
