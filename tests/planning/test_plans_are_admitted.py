"""A plan can never be denied later: the rendered files of models of every kind in the catalogue pass the rules."""

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import make_profile
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.catalogue import load_accelerators
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.planning.engine_deployment import render_planned_endpoint
from neuroscale.planning.plan import Demand, ServingPlan
from neuroscale.planning.planner import plan_serving
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts


def best_plans_by_shape(plans: tuple[ServingPlan, ...]) -> list[ServingPlan]:
    """Return the best plan of every division: each renders another set of arguments."""
    by_shape: dict[tuple[int, int, bool], ServingPlan] = {}
    for plan in plans:
        settings = plan.settings
        shape = (settings.tensor_parallel_size, settings.data_parallel_size, settings.enable_expert_parallel)
        by_shape.setdefault(shape, plan)
    return list(by_shape.values())


def distinct_models() -> list[str]:
    """Return the largest model of the catalogue of every type and checkpoint format."""
    catalogue = load_catalogue()
    largest: dict[tuple[str, str | None], tuple[int, str]] = {}
    for repository in catalogue.repositories():
        model = catalogue.find(repository)
        assert model is not None
        kind = (model.model_type, None if model.quantization is None else model.quantization.method)
        size = 0 if model.parameters is None else model.parameters.total
        largest[kind] = max(largest.get(kind, (0, "")), (size, repository))
    return sorted(repository for _, repository in largest.values())


@pytest.mark.parametrize("repository", distinct_models())
def test_every_plan_of_a_catalogue_model_passes_the_rules(repository: str) -> None:
    catalogue = load_catalogue()
    entry, architecture = catalogue.entry(repository), catalogue.find(repository)
    assert entry is not None
    assert architecture is not None
    if architecture.parameters is None:
        with pytest.raises(InvalidInputError):
            plan_serving(architecture, Demand(2048, 4), tuple(load_accelerators().values()))
        return
    result = plan_serving(architecture, Demand(2048, 4), tuple(load_accelerators().values()))
    request = EndpointRequest(
        name="endpoint",
        namespace="default",
        owner="search",
        cost_center="cc-1",
        environment="production",
        profile=make_profile(repository, entry.revision, entry.config),
    )
    for plan in best_plans_by_shape(result.plans):
        files = render_planned_endpoint(request, plan, architecture)
        objects = [manifest for file in files[:2] for manifest in load_manifests(file.content, file.path)]
        findings = judge(objects, ClusterFacts(models=catalogue))
        # Where no source vouches for the context of a model, the rule about it says that it cannot judge.
        unjudged = [
            finding for finding in findings if finding.rule == "NS001" and "cannot judge NS202" in finding.message
        ]
        assert not unjudged or architecture.context is None
        rest = [finding for finding in findings if finding not in unjudged]
        assert [f"{finding.rule} {finding.field}: {finding.message}" for finding in rest] == []
