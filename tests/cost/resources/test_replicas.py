"""How many replicas run: what KServe, KEDA and Kubernetes make of what is written."""

from typing import Any

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cost.resources.footprint import Footprint
from neuroscale.cost.resources.survey import survey
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.rules.subject import ClusterFacts

CONTAINER = {
    "name": "kserve-container",
    "image": "vllm/vllm-openai:v0.33.0",
    "args": ["--model=google/gemma-3-4b-it"],
}
MODE = "serving.kserve.io/deploymentMode"
CLASS = "serving.kserve.io/autoscalerClass"


def surveyed(*bodies: dict[str, Any], context: tuple[dict[str, Any], ...] = ()) -> tuple[Footprint, ...]:
    facts = ClusterFacts(models=load_catalogue(), context=tuple(map(manifest_from_mapping, context)))
    return survey(tuple(map(manifest_from_mapping, bodies)), facts)


def pods_of(*bodies: dict[str, Any], context: tuple[dict[str, Any], ...] = ()) -> list[tuple[str, int, int | None]]:
    """Return the part, the fewest and the most pods of each part of the only object that has any."""
    (footprint,) = surveyed(*bodies, context=context)
    return [
        (part.part, int(part.pods.least), None if part.pods.most is None else int(part.pods.most))
        for part in footprint.parts
    ]


def service(on_the_object: dict[str, str], /, **predictor: Any) -> dict[str, Any]:
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "chat", "namespace": "search", "annotations": on_the_object},
        "spec": {"predictor": {"containers": [CONTAINER], **predictor}},
    }


def deployment(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "chat", "namespace": "search"},
        "spec": {"template": {"spec": {"containers": [CONTAINER]}}, **spec},
    }


def llm_service(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "chat", "namespace": "search"},
        "spec": {"model": {"uri": "hf://google/gemma-3-4b-it"}, **spec},
    }


def horizontal(target: str, kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": target}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "scales", "namespace": "search"},
        "spec": {"scaleTargetRef": reference, **spec},
    }


def scaled(target: str, annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "scales", "namespace": "search", "annotations": annotations or {}},
        "spec": {"scaleTargetRef": {"name": target}, "triggers": [], **spec},
    }


@pytest.mark.parametrize(
    ("annotations", "written", "least", "most"),
    [
        ({MODE: "Standard"}, {}, 1, 1),
        ({MODE: "RawDeployment"}, {"minReplicas": 2}, 2, 2),
        ({MODE: "Standard"}, {"minReplicas": 2, "maxReplicas": 5}, 2, 5),
        # The class hpa makes zero a one, and a maximum below the minimum the minimum.
        ({MODE: "Standard"}, {"minReplicas": 0, "maxReplicas": 3}, 1, 3),
        ({MODE: "Standard"}, {"minReplicas": 4, "maxReplicas": 3}, 4, 4),
        ({MODE: "Standard", CLASS: "keda"}, {"minReplicas": 0, "maxReplicas": 3}, 0, 3),
        ({MODE: "Standard", CLASS: "keda"}, {"maxReplicas": 3}, 1, 3),
        ({MODE: "Standard", CLASS: "none"}, {"minReplicas": 3, "maxReplicas": 9}, 3, 3),
        ({MODE: "Standard", CLASS: "external"}, {"minReplicas": 3, "maxReplicas": 9}, 1, 1),
        # Knative has no upper limit unless one is written.
        ({MODE: "Knative"}, {}, 1, None),
        ({MODE: "Serverless"}, {"minReplicas": 0, "maxReplicas": 7}, 0, 7),
        ({MODE: "ModelMesh"}, {"minReplicas": 2}, 0, 0),
        # Whoever scales is open without a mode, so the last replica may go.
        ({}, {"minReplicas": 0, "maxReplicas": 3}, 0, 3),
        ({MODE: "Standard", "serving.kserve.io/stop": "true"}, {"minReplicas": 2}, 0, 0),
        # The component's own annotations win.
        ({MODE: "Standard"}, {"annotations": {CLASS: "none"}, "minReplicas": 2, "maxReplicas": 4}, 2, 2),
    ],
)
def test_an_inference_service_runs_as_its_mode_and_class_say(
    annotations: dict[str, str], written: dict[str, Any], least: int, most: int | None
) -> None:
    assert pods_of(service(annotations, **written)) == [("predictor", least, most)]


@pytest.mark.parametrize(
    ("autoscaler", "least", "most"),
    [
        (horizontal("chat", minReplicas=2, maxReplicas=6), 2, 6),
        (horizontal("chat", maxReplicas=6), 1, 6),
        (scaled("chat", minReplicaCount=2, maxReplicaCount=6), 2, 6),
        # KEDA goes to zero and to a hundred where nothing else is written.
        (scaled("chat"), 0, 100),
        (scaled("chat", minReplicaCount=2, maxReplicaCount=6, idleReplicaCount=0), 0, 6),
        (scaled("chat", {"autoscaling.keda.sh/paused-replicas": "3"}, maxReplicaCount=6), 3, 3),
        # What scales something else changes nothing.
        (horizontal("other", maxReplicas=6), 4, 4),
        (horizontal("chat", kind="StatefulSet", maxReplicas=6), 4, 4),
    ],
)
def test_an_autoscaler_takes_the_place_of_the_replicas_of_its_target(
    autoscaler: dict[str, Any], least: int, most: int
) -> None:
    assert pods_of(deployment(replicas=4), autoscaler) == [("pod", least, most)]
    assert pods_of(deployment(replicas=4), context=(autoscaler,)) == [("pod", least, most)]


@pytest.mark.parametrize(
    ("annotations", "autoscaler", "least", "most"),
    [
        ({MODE: "Standard", CLASS: "external"}, scaled("chat-predictor", maxReplicaCount=6), 0, 6),
        ({MODE: "Standard", CLASS: "none"}, horizontal("chat-predictor", maxReplicas=6), 1, 6),
        ({MODE: "Standard"}, horizontal("chat-predictor", minReplicas=2, maxReplicas=6), 2, 6),
        # It has no scale subresource: an autoscaler that names the service itself scales nothing.
        ({MODE: "Standard"}, horizontal("chat", kind="InferenceService", maxReplicas=6), 1, 1),
    ],
)
def test_an_autoscaler_of_the_predictors_deployment_counts(
    annotations: dict[str, str], autoscaler: dict[str, Any], least: int, most: int
) -> None:
    assert pods_of(service(annotations), autoscaler) == [("predictor", least, most)]


def test_two_autoscalers_of_one_target_range_over_both() -> None:
    kserves_own = service({MODE: "Standard"}, minReplicas=2, maxReplicas=4)
    assert pods_of(kserves_own, horizontal("chat-predictor", minReplicas=1, maxReplicas=3)) == [("predictor", 1, 4)]


@pytest.mark.parametrize(
    ("spec", "pods"),
    [
        ({}, [("predictor", 1, 1)]),
        ({"replicas": 3}, [("predictor", 3, 3)]),
        ({"scaling": {"maxReplicas": 4}}, [("predictor", 1, 4)]),
        (
            {"replicas": 2, "parallelism": {"data": 16, "dataLocal": 4}, "worker": {"containers": []}},
            [("predictor", 2, 2), ("worker", 6, 6)],
        ),
        (
            {"prefill": {"replicas": 2, "parallelism": {"data": 8, "dataLocal": 4}, "worker": {"containers": []}}},
            [("predictor", 1, 1), ("prefill", 2, 2), ("prefill-worker", 2, 2)],
        ),
    ],
)
def test_an_llm_inference_service_runs_each_of_its_workloads(
    spec: dict[str, Any], pods: list[tuple[str, int, int]]
) -> None:
    assert pods_of(llm_service(**spec)) == pods


def test_an_autoscaler_of_one_workload_of_an_llm_inference_service_leaves_the_other_alone() -> None:
    spec = {"replicas": 2, "prefill": {"replicas": 3}}
    autoscaler = scaled("chat-kserve-prefill", minReplicaCount=1, maxReplicaCount=5)
    assert pods_of(llm_service(**spec), autoscaler) == [("predictor", 2, 2), ("prefill", 1, 5)]


def test_bases_give_what_an_llm_inference_service_does_not_write() -> None:
    base = {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceServiceConfig",
        "metadata": {"name": "house", "namespace": "search"},
        "spec": {
            "replicas": 3,
            "template": {"containers": [{"name": "main", "resources": {"requests": {"cpu": "6"}}}]},
        },
    }
    body = llm_service(baseRefs=[{"name": "house"}])
    (footprint,) = surveyed(body, context=(base,))
    assert [(int(part.pods.least), int(part.processor_cores)) for part in footprint.parts] == [(3, 6)]
    (alone,) = surveyed(body)
    assert [part.is_complete for part in alone.parts] == [False]


def test_workers_over_several_nodes_are_one_group() -> None:
    def template(name: str) -> dict[str, Any]:
        return {
            "name": name,
            "image": "vllm/vllm-openai:v0.33.0",
            "resources": {"requests": {"nvidia.com/gpu": "4"}},
        }

    runtime = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": "many"},
        "spec": {
            "containers": [template("kserve-container")],
            "workerSpec": {"containers": [template("worker-container")], "pipelineParallelSize": 2},
        },
    }
    body = service({MODE: "Standard", CLASS: "none"})
    body["spec"]["predictor"] = {
        "model": {"modelFormat": {"name": "vllm"}, "runtime": "many", "storageUri": "pvc://weights/chat"},
        "workerSpec": {"tensorParallelSize": 4, "pipelineParallelSize": 3},
    }
    (footprint,) = surveyed(body, context=(runtime,))
    counted = [
        (part.part, int(part.pods.least), use.name, int(use.count or 0))
        for part in footprint.parts
        for use in part.accelerators
    ]
    # Twelve ranks on nodes of four: the head and two workers.
    assert counted == [("predictor", 1, "nvidia.com/gpu", 4), ("worker", 2, "nvidia.com/gpu", 4)]


def test_what_another_object_controls_is_not_counted_twice() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "chat", "uid": "1", "controller": True}
    owned = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "chat-1", "namespace": "search", "ownerReferences": [owner]},
        "spec": {"replicas": 4, "template": {"spec": {"containers": [CONTAINER]}}},
    }
    assert [each.identity.kind for each in surveyed(deployment(replicas=4), owned)] == ["Deployment"]


def test_what_a_change_writes_wins_over_what_the_context_still_holds() -> None:
    before, after = horizontal("chat", maxReplicas=9), horizontal("chat", maxReplicas=2)
    assert pods_of(deployment(), after, context=(before,)) == [("pod", 1, 2)]


def test_an_object_that_is_given_twice_alike_counts_once() -> None:
    scaling = horizontal("chat", maxReplicas=9)
    assert pods_of(deployment(), scaling, deployment(), scaling) == [("pod", 1, 9)]


def test_a_daemon_runs_once_on_each_node_that_fits() -> None:
    def node(name: str, product: str) -> dict[str, Any]:
        labels = {"nvidia.com/gpu.product": product}
        return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}

    nodes = (node("a", "NVIDIA-L4"), node("b", "NVIDIA-L40S"), node("c", "NVIDIA-L4"))
    body = {**deployment(), "kind": "DaemonSet"}
    body["spec"]["template"]["spec"]["nodeSelector"] = {"nvidia.com/gpu.product": "NVIDIA-L4"}
    assert pods_of(body, nodes[0], context=nodes) == [("pod", 2, 2)]
    assert pods_of(body) == [("pod", 0, None)]


@pytest.mark.parametrize(
    "body",
    [
        deployment(replicas=-1),
        deployment(replicas=2**31),
        deployment(replicas="3"),
        deployment(replicas=1.5),
        deployment(replicas=True),
        service({MODE: "Standard"}, minReplicas=-1),
        service({MODE: "Standard"}, maxReplicas="many"),
        llm_service(scaling={"minReplicas": -3}),
    ],
)
def test_a_number_of_replicas_that_is_none_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        surveyed(body)


@pytest.mark.parametrize("autoscaler", [horizontal("chat"), horizontal("chat", maxReplicas=-2)])
def test_an_autoscaler_without_a_maximum_that_can_be_is_refused(autoscaler: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        surveyed(deployment(), autoscaler)
