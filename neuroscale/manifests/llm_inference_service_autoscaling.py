"""The autoscalers that KServe makes from an LLMInferenceService's `scaling` fields.

Source: KServe v0.20.0, `pkg/controller/v1alpha2/llmisvc/scaling.go`; `scaling.keda` with its own triggers came to
the main branch after it.
"""

from neuroscale.manifests.autoscaler import Autoscaler, ScalingSignal
from neuroscale.manifests.created_names import child_name
from neuroscale.manifests.fields import Field, root
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.scaled_object import read_triggers

_VARIANT_METRIC = "wva_desired_replicas"


def read_llm_inference_service_autoscalers(manifest: ManifestObject) -> tuple[Autoscaler, ...]:
    """Return the autoscalers of the main workload and of the prefill workload, where they have any.

    Raises:
        InvalidInputError: A field that is read holds a value of the wrong type.
    """
    spec = root(manifest)["spec"]
    return (*_read_workload(spec, ""), *_read_workload(spec["prefill"], "-prefill"))


def _read_workload(workload: Field, suffix: str) -> tuple[Autoscaler, ...]:
    scaling = workload["scaling"]
    if not scaling.is_written:
        return ()
    manifest = workload.manifest
    has_worker = workload["worker"].is_written
    return (
        Autoscaler(
            manifest=manifest,
            target_kind="LeaderWorkerSet" if has_worker else "Deployment",
            target_api_version="leaderworkerset.x-k8s.io/v1" if has_worker else "apps/v1",
            target_name=child_name(manifest.name, f"-kserve{'-mn' if has_worker else ''}{suffix}"),
            target_path=scaling.path,
            signals=_signals(scaling),
            minimum_replicas=scaling["minReplicas"].integer(),
            maximum_replicas=scaling["maxReplicas"].integer(),
        ),
    )


def _signals(scaling: Field) -> tuple[ScalingSignal, ...]:
    variant = scaling["wva"]
    if variant.is_written:
        source = "prometheus" if variant["keda"].is_written else "external"
        return (ScalingSignal(source, _VARIANT_METRIC, _VARIANT_METRIC, variant.path),)
    return read_triggers(scaling["keda"]["triggers"])
