"""Planned endpoints, applied with kubectl to a real API server that asks the webhook: all of them are admitted."""

from collections.abc import Iterator, Sequence

import pytest
import yaml

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import make_profile
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.manifests.serving import SERVING_KINDS
from neuroscale.planning.engine_deployment import render_planned_endpoint
from neuroscale.planning.plan import ServingPlan
from tests.end_to_end.conftest import GuardedCluster
from tests.end_to_end.test_rule_fixtures_in_the_cluster import answered_reviews
from tests.planning.questions import ACCELERATOR_SETS, DEMANDS, plans_or_reason, questions

pytestmark = pytest.mark.control_plane

_NOT_OF_THE_CLUSTER = {"kustomization.yaml", "catalog-info.yaml"}
# What one call of kubectl takes: enough to save its start, few enough to name the endpoint that failed.
_ENDPOINTS_AT_ONCE = 20


def some_of(plans: tuple[ServingPlan, ...]) -> list[ServingPlan]:
    """Return the best plan, the worst, and the best over several nodes."""
    spread = [plan for plan in plans if plan.pods_per_replica > 1]
    chosen = [plans[0], *spread[:1], plans[-1]]
    return [plan for index, plan in enumerate(chosen) if plan not in chosen[:index]]


def planned_endpoints() -> Iterator[str]:
    """Yield the objects of the chosen plans of every question, as YAML; each endpoint has a name of its own."""
    catalogue = load_catalogue()
    for index, (repository, offered, asked) in enumerate(questions()):
        entry, architecture = catalogue.entry(repository), catalogue.find(repository)
        assert entry is not None
        assert architecture is not None
        plans = plans_or_reason(architecture, DEMANDS[asked], ACCELERATOR_SETS[offered])
        for rank, plan in enumerate(some_of(plans) if isinstance(plans, tuple) else ()):
            request = EndpointRequest(
                name=f"endpoint-{index}-{rank}",
                namespace="planned",
                owner="search",
                cost_center="cc-1",
                environment="production",
                profile=make_profile(repository, entry.revision, entry.config),
            )
            files = render_planned_endpoint(request, plan, architecture)
            yield "\n---\n".join(file.content for file in files if file.path not in _NOT_OF_THE_CLUSTER)


def batches(endpoints: Sequence[str]) -> Iterator[str]:
    """Yield several endpoints as one stream of YAML documents."""
    for start in range(0, len(endpoints), _ENDPOINTS_AT_ONCE):
        yield "\n---\n".join(endpoints[start : start + _ENDPOINTS_AT_ONCE])


def test_planned_endpoints_are_admitted_without_a_warning(guarded_cluster: GuardedCluster) -> None:
    namespace = guarded_cluster.make_namespace("planned")
    endpoints = list(planned_endpoints())
    documents = [document for endpoint in endpoints for document in yaml.safe_load_all(endpoint) if document]
    judged = [document for document in documents if document["kind"] in SERVING_KINDS]
    assert len(judged) == len(endpoints) > 100
    before = answered_reviews(guarded_cluster)
    for batch in batches(endpoints):
        applied = guarded_cluster.kubectl.run(
            "create", f"--namespace={namespace}", "--dry-run=server", "--filename=-", stdin=batch
        )
        assert (applied.exit_code, applied.stderr) == (0, "")
    after = answered_reviews(guarded_cluster)
    assert after["admitted"] - before["admitted"] >= len(judged)
    assert after["failed open"] == before["failed open"]
