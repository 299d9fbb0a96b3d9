"""The compute capability of the accelerators that a deployment can land on."""

from neuroscale.engines.vllm_quantization import ComputeCapability
from neuroscale.rules.finding import Severity
from neuroscale.rules.subject import Deployment


def best_capability(deployment: Deployment) -> ComputeCapability | None:
    """Return the highest compute capability of the possible accelerators; None unless each of them has one."""
    capabilities = [accelerator.compute_capability for accelerator in deployment.accelerators]
    known = [capability for capability in capabilities if capability is not None]
    return max(known) if known and len(known) == len(capabilities) else None


def accelerator_names(deployment: Deployment) -> str:
    """Return the possible accelerators for a message, three at most."""
    names = [accelerator.name for accelerator in deployment.accelerators]
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def severity_of_accelerators(deployment: Deployment) -> Severity | None:
    """Return None where the pod's own labels name the accelerator, else a warning: a new node may have another."""
    return None if deployment.accelerators_source == "node labels" else Severity.WARN


def shown_capability(capability: ComputeCapability) -> str:
    """Return a compute capability as NVIDIA writes it: "8.0"."""
    return f"{capability[0]}.{capability[1]}"
