"""A plan can never be refused later: whatever is asked, its rendered files pass every rule without a finding.

Every kind of model of the catalogue (type and checkpoint format, its largest one) meets every kind of accelerator,
and one of the narrower sets; each set meets each demand with many models.
"""

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.profile import make_profile
from neuroscale.errors import NeuroScaleError
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.planning.engine_deployment import render_planned_endpoint
from neuroscale.planning.plan import ServingPlan
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts
from tests.planning.questions import ACCELERATOR_SETS, DEMANDS, plans_or_reason, questions


def of_every_shape(plans: tuple[ServingPlan, ...]) -> list[ServingPlan]:
    """Return the best plan of every shape, each of which renders other arguments, and the worst of all."""
    best: dict[tuple[object, ...], ServingPlan] = {}
    for plan in plans:
        settings = plan.settings
        shape = (
            plan.pods_per_replica,
            settings.tensor_parallel_size,
            settings.pipeline_parallel_size,
            settings.data_parallel_size,
            settings.enable_expert_parallel,
            tuple(settings.options),
        )
        best.setdefault(shape, plan)
    chosen = list(best.values())
    return chosen if plans[-1] in chosen else [*chosen, plans[-1]]


def findings_about(plan: ServingPlan, repository: str, architecture: ModelArchitecture) -> list[str]:
    """Return what the rules say of the rendered files of a plan."""
    catalogue = load_catalogue()
    entry = catalogue.entry(repository)
    assert entry is not None
    request = EndpointRequest(
        name="endpoint",
        namespace="default",
        owner="search",
        cost_center="cc-1",
        environment="production",
        profile=make_profile(repository, entry.revision, entry.config),
    )
    files = render_planned_endpoint(request, plan, architecture)
    objects = [
        manifest
        for file in files
        if file.path not in {"kustomization.yaml", "catalog-info.yaml"}
        for manifest in load_manifests(file.content, file.path)
    ]
    return [
        f"{finding.rule} {finding.field}: {finding.message}"
        for finding in judge(objects, ClusterFacts(models=catalogue))
    ]


@pytest.mark.parametrize(
    ("repository", "offered", "asked"), tuple(questions()), ids=lambda value: str(value).replace("/", "--")
)
def test_the_files_of_a_plan_pass_every_rule(repository: str, offered: str, asked: str) -> None:
    architecture = load_catalogue().find(repository)
    assert architecture is not None
    plans = plans_or_reason(architecture, DEMANDS[asked], ACCELERATOR_SETS[offered])
    if isinstance(plans, NeuroScaleError):
        # Without a plan the reason names what was tried, or what no hardware changes.
        tried = any(accelerator.name in plans.message for accelerator in ACCELERATOR_SETS[offered])
        assert tried if plans.field == "accelerators" else plans.field in {"contextLength", "model"}
        return
    for plan in of_every_shape(plans):
        findings = findings_about(plan, repository, architecture)
        if architecture.context is None:
            # Where no source vouches for the context of a model, the rule about it says that it cannot judge.
            findings = [text for text in findings if not (text.startswith("NS001") and "judge NS202" in text)]
        assert findings == []
