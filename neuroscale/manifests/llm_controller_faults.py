"""Where KServe does something else than an LLMInferenceService says, though it accepts the object.

Source: KServe v0.20.0, `pkg/controller/v1alpha2/llmisvc` (`config_merge.go` picks the preset, `GetSize` divides)
and `config/llmisvcconfig` (what the presets render), the latter read at every release from v0.16.0.
"""

from collections.abc import Iterator

from neuroscale.manifests.fields import Field
from neuroscale.manifests.llm_presets import ADDITIONAL_ARGUMENTS, Preset, dropped_fields
from neuroscale.manifests.object import format_field_path
from neuroscale.manifests.workload import ControllerFault


def dropped_parallelism(
    parallelism: Field, preset: Preset | None, kserve: str, *, has_worker: bool
) -> Iterator[ControllerFault]:
    """Yield the fields of spec.parallelism that reach no engine.

    Args:
        parallelism: The block.
        preset: What KServe starts the engine with; None when the container has a command of its own.
        kserve: The release, for sentences.
        has_worker: Whether the object has workers beside its main pods.
    """
    for field in dropped_fields(preset, parallelism):
        fix = f"pass the option in env {ADDITIONAL_ARGUMENTS} or in the container's args, or remove the field"
        if preset is None:
            reason = "the container has a command of its own"
            fix = "say it in that command alone and remove the field"
        elif has_worker:
            reason = f"{kserve} does not render it for data parallelism over workers"
        else:
            kept = ", ".join(sorted(preset.parallelism))
            reason = f"without a worker {kserve} renders {f'only {kept}' if kept else 'no parallelism at all'}"
        message = f"{format_field_path(field.path)} reaches no engine: {reason}"
        yield ControllerFault("dropped", field.path, message, fix)


def uneven_data_parallelism(parallelism: Field) -> Iterator[ControllerFault]:
    """Yield the remainder that KServe loses when it divides the ranks by the ranks of a pod."""
    data, local = (parallelism[name].integer() or 0 for name in ("data", "dataLocal"))
    if data < 1 or local < 1 or data % local == 0:
        return
    pods = max(data // local, 1)
    yield ControllerFault(
        "uneven",
        parallelism["dataLocal"].path,
        f"data {data} is not a multiple of dataLocal {local}: KServe divides without the remainder and creates "
        f"{pods} {'pod' if pods == 1 else 'pods'} with {pods * local} ranks, and every engine waits for {data}",
        "choose data as a multiple of dataLocal",
    )


def missing_preset(at: Field, preset: str) -> ControllerFault:
    """Return the fault of workers with pipeline parallelism, for which no KServe release ships a preset."""
    return ControllerFault(
        "no pods",
        at["parallelism"]["pipeline"].path,
        f"{format_field_path(at['worker'].path)} with pipeline parallelism needs the preset {preset}, which no "
        "KServe release ships: KServe creates no pods until someone provides it",
        "provide the preset, or spread the model by data parallelism over the workers instead",
    )
