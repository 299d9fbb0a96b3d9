"""A plan can never be denied later: models of every kind, before the real API server and the webhook."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import make_profile
from neuroscale.errors import NoPlanError
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.manifests.rendering.endpoint import RenderedFile
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.planning.engine_deployment import render_planned_endpoint
from neuroscale.planning.plan import Demand, ServingPlan
from neuroscale.planning.planner import plan_serving
from tests.end_to_end.conftest import GuardedCluster
from tests.planning.test_plans_are_admitted import distinct_models
from tests.rendering.endpoints import gemma_request

pytestmark = pytest.mark.control_plane

NAMESPACE = "planned-models"
ACCELERATORS = ("l40s", "h100-80gb-sxm", "b200-180gb")
NOT_APPLIED = {"kustomization.yaml", "catalog-info.yaml"}
OF_NO_POD = {"pod-disruption-budget.yaml", "pod-monitor.yaml", "prometheus-rule.yaml"}


def distinct_ways(plans: tuple[ServingPlan, ...]) -> list[ServingPlan]:
    """Return the best plan of one pod and the best of several."""
    ways = {plan.pods_per_replica > 1: plan for plan in reversed(plans)}
    return list(ways.values())


def rendered_endpoints() -> Iterator[tuple[str, tuple[RenderedFile, ...]]]:
    """Render endpoints of every kind of model, each in every way that it can be served; yield the kind of pods."""
    catalogue = load_catalogue()
    accelerators = tuple(accelerator_by_name(name) for name in ACCELERATORS)
    for number, repository in enumerate(distinct_models()):
        entry, architecture = catalogue.entry(repository), catalogue.find(repository)
        assert entry is not None
        assert architecture is not None
        # Where no source vouches for the context of a model, a rule says that it cannot judge.
        if architecture.parameters is None or architecture.context is None:
            continue
        try:
            plans = plan_serving(architecture, Demand(2048, 4), accelerators).plans
        except NoPlanError:
            continue
        request = replace(
            gemma_request(),
            namespace=NAMESPACE,
            profile=make_profile(repository, entry.revision, entry.config),
            profile_signature=None,
        )
        for plan in distinct_ways(plans):
            yield from _in_every_kind(request, plan, number)


def test_every_kind_of_model_is_admitted_without_a_warning(guarded_cluster: GuardedCluster) -> None:
    guarded_cluster.make_namespace(NAMESPACE)
    kinds: set[str] = set()
    documents: list[str] = []
    for kind, files in rendered_endpoints():
        # What does not depend on the plan is applied for the first endpoint of each kind only.
        left_out = NOT_APPLIED | (OF_NO_POD if kind in kinds else set())
        documents += [file.content for file in files if file.path not in left_out]
        kinds.add(kind)
    assert kinds == {"inference-service", "llm-inference-service", "group"}
    applied = guarded_cluster.kubectl.run(
        "create", f"--namespace={NAMESPACE}", "--dry-run=server", "--filename=-", stdin="---\n".join(documents)
    )
    assert applied.stderr == ""
    assert applied.exit_code == 0
    assert len(applied.stdout.splitlines()) == len(documents) > 200


def _in_every_kind(
    request: EndpointRequest, plan: ServingPlan, number: int
) -> Iterator[tuple[str, tuple[RenderedFile, ...]]]:
    architecture = load_catalogue().find(request.profile.repository)
    assert architecture is not None
    if plan.pods_per_replica > 1:
        yield "group", render_planned_endpoint(replace(request, name=f"group-{number}"), plan, architecture)
        return
    named = replace(request, name=f"one-{number}", kind="inference-service")
    yield "inference-service", render_planned_endpoint(named, plan, architecture)
    named = replace(request, name=f"llm-{number}", kind="llm-inference-service")
    yield "llm-inference-service", render_planned_endpoint(named, plan, architecture)
