"""The LLMInferenceService of an endpoint: one pod, or a group of pods that share a model by data parallelism."""

import shlex
from collections.abc import Mapping

from neuroscale.manifests.llm_presets import OPTIONS_BY_PARALLELISM_FIELD, Preset, presets_of
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.endpoint_pods import PORT_NAME, endpoint_pods
from neuroscale.manifests.rendering.engine_pod import (
    PROBE_PERIOD_SECONDS,
    container_resources,
    memory_volume,
    owner_labels,
    profile_annotations,
    spread_over_nodes,
    startup_failures,
    termination_seconds,
)
from neuroscale.manifests.rendering.request import EndpointRequest, Router

# Where KServe's presets have the engine listen, and what they call its container and the volume at /dev/shm.
_PRESET_PORT = 8000
_CONTAINER = "main"
_SHARED_MEMORY_VOLUME = "dshm"

# Added by LeaderWorkerSet to every pod of a group. Source: LeaderWorkerSet v0.9.0, `api/leaderworkerset/v1`.
_GROUP_LABEL = "leaderworkerset.sigs.k8s.io/group-key"

_ROUTERS: Mapping[Router, Mapping[str, object]] = {
    "none": {},
    "route": {"router": {"gateway": {}, "route": {}}},
    "scheduler": {"router": {"gateway": {}, "route": {}, "scheduler": {}}},
}


def render_llm_inference_service(
    request: EndpointRequest, engine: EngineDeployment, architecture_labels: Mapping[str, str]
) -> dict[str, object]:
    """Return the LLMInferenceService.

    The command line stays the preset's, which knows the certificates of the platform and the ranks of a pod; the
    object adds image, resources and what the preset does not render. Parallelism is written to `spec.parallelism`
    where the release's preset reads it, and as an engine argument where it would be dropped. `spec.replicas` and
    `spec.scaling` are left out: the ScaledObject beside this file decides.

    Rollout strategy and deadline are no fields of it up to KServe 0.20.
    """
    release = presets_of(request.kserve_version)
    is_group = engine.pods_per_replica > 1
    preset = release.data_parallel if is_group else release.single_node
    labels = owner_labels(request, architecture_labels)
    leader = _pod(request, engine, preset, leads=True)
    pods: dict[str, object] = {"template": leader}
    if is_group:
        pods["worker"] = _pod(request, engine, preset, leads=False)
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": request.name, "labels": labels, "annotations": profile_annotations(request)},
        "spec": {
            "model": {"uri": request.weights_uri, "name": request.name},
            # For the pods: what is not here is billed to nobody.
            "labels": labels,
            **_parallelism(engine, preset),
            **pods,
            **_ROUTERS[request.router],
        },
    }


def _parallelism(engine: EngineDeployment, preset: Preset) -> dict[str, object]:
    asked: dict[str, object] = {}
    if engine.tensor_parallel_size > 1:
        asked["tensor"] = engine.tensor_parallel_size
    if engine.pods_per_replica > 1:
        # Their mere presence makes KServe take the preset of a group.
        asked["data"] = engine.data_parallel_size
        asked["dataLocal"] = engine.data_parallel_size // engine.pods_per_replica
    if engine.expert_parallel:
        asked["expert"] = True
    rendered = {name: value for name, value in asked.items() if name in preset.parallelism}
    return {"parallelism": rendered} if rendered else {}


def _pod(request: EndpointRequest, engine: EngineDeployment, preset: Preset, *, leads: bool) -> dict[str, object]:
    return {
        "terminationGracePeriodSeconds": termination_seconds(engine),
        "nodeSelector": dict(engine.accelerator.node_labels[:1]),
        **_placement(request, engine),
        "containers": [_container(request, engine, preset, leads=leads)],
        "volumes": [memory_volume(_SHARED_MEMORY_VOLUME, engine.shared_memory_bytes)],
    }


def _placement(request: EndpointRequest, engine: EngineDeployment) -> dict[str, object]:
    pods = endpoint_pods(request.name, "llm-inference-service", engine.pods_per_replica)
    if engine.pods_per_replica == 1:
        if engine.maximum_replicas == 1:
            return {}
        return {"topologySpreadConstraints": spread_over_nodes(pods.labels)}
    # Ranks exchange tokens in every layer: a group belongs together, however the groups are spread.
    term = {
        "topologyKey": "topology.kubernetes.io/zone",
        "labelSelector": {"matchLabels": dict(pods.labels)},
        "matchLabelKeys": [_GROUP_LABEL],
    }
    return {
        "affinity": {
            "podAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]
            }
        }
    }


def _container(
    request: EndpointRequest, engine: EngineDeployment, preset: Preset, *, leads: bool
) -> dict[str, object]:
    container: dict[str, object] = {
        "name": _CONTAINER,
        "image": engine.image,
        "args": _arguments(engine, preset),
        "resources": container_resources(request, engine),
        # The presets insist on another user, whom the engine's own image does not have.
        "securityContext": {"runAsNonRoot": False},
    }
    if leads:
        container["ports"] = [{"name": PORT_NAME, "containerPort": _PRESET_PORT, "protocol": "TCP"}]
        # Handler and scheme stay the preset's; its ten minutes are too short for large weights.
        container["startupProbe"] = {
            "periodSeconds": PROBE_PERIOD_SECONDS,
            "failureThreshold": startup_failures(engine),
        }
    return container


def _arguments(engine: EngineDeployment, preset: Preset) -> list[str]:
    """Return what the preset does not render, quoted where a shell reads it."""
    rendered = {OPTIONS_BY_PARALLELISM_FIELD[name] for name in preset.parallelism}
    arguments = [each for each in engine.arguments if each.partition("=")[0] not in rendered]
    if preset.arguments == "append-through-shell":
        return [shlex.quote(each) for each in arguments]
    return arguments
