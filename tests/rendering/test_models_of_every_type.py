"""Models of every type as LLMInferenceServices: by whatever plan, for whatever release, the rules find nothing."""

from dataclasses import replace

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.labels import architecture_labels
from neuroscale.architecture.profile import make_profile
from neuroscale.errors import NoPlanError
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.rendering.endpoint import render_endpoint
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.planning.engine_deployment import engine_deployment
from neuroscale.planning.plan import Demand, ServingPlan
from neuroscale.planning.planner import plan_serving
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts

ACCELERATORS = ("l40s", "h100-80gb-sxm")
RELEASES = ("0.17.0", "0.19.0", "0.20.0")


def largest_of_every_type() -> list[str]:
    """Return the largest model of every type that can be sized and whose context somebody vouches for."""
    catalogue = load_catalogue()
    largest: dict[str, tuple[int, str]] = {}
    for repository in catalogue.repositories():
        model = catalogue.find(repository)
        if model is not None and model.parameters is not None and model.context is not None:
            size = (model.parameters.total, repository)
            largest[model.model_type or ""] = max(largest.get(model.model_type or "", (0, "")), size)
    return sorted(repository for _, repository in largest.values())


def plans_of(repository: str) -> list[ServingPlan]:
    """Return the best plan of one pod and the best of several; none where nothing offered suffices."""
    architecture = load_catalogue().find(repository)
    assert architecture is not None
    offered = tuple(accelerator_by_name(name) for name in ACCELERATORS)
    try:
        plans = plan_serving(architecture, Demand(2048, 4), offered).plans
    except NoPlanError:
        return []
    return list({plan.pods_per_replica > 1: plan for plan in reversed(plans)}.values())


@pytest.mark.parametrize("repository", largest_of_every_type())
def test_the_rules_find_nothing(repository: str, request_for_gemma: EndpointRequest) -> None:
    catalogue = load_catalogue()
    entry, architecture = catalogue.entry(repository), catalogue.find(repository)
    assert entry is not None
    assert architecture is not None
    request = replace(
        request_for_gemma,
        kind="llm-inference-service",
        profile=make_profile(repository, entry.revision, entry.config),
    )
    for plan in plans_of(repository):
        for release in RELEASES:
            files = render_endpoint(
                replace(request, kserve_version=release), engine_deployment(plan), architecture_labels(architecture)
            )
            objects = [manifest for file in files for manifest in load_manifests(file.content, file.path)]
            findings = judge(objects, ClusterFacts(models=catalogue, kserve_version=release))
            assert [f"{finding.rule} {finding.field}: {finding.message}" for finding in findings] == []


def test_among_them_are_groups_of_pods() -> None:
    assert any(plan.pods_per_replica > 1 for plan in plans_of("deepseek-ai/DeepSeek-V3"))
