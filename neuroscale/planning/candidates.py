"""The ways worth trying to divide a model over accelerators, and what the engine is told of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.recognition import read_engine_settings
from neuroscale.engines.settings import EngineSettings
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.rules.divisibility import valid_sizes

# Accelerators of one pod. Sizes between these divide the heads of few models.
ACCELERATORS_PER_POD = (1, 2, 4, 8, 16)

# Pods of one replica on as many nodes.
PODS_PER_REPLICA = (2, 4, 8)

_SWITCHES = frozenset({"true"})


@dataclass(frozen=True, slots=True)
class Layout:
    """How one replica is divided.

    Attributes:
        tensor: Tensor parallel size.
        pipeline: Pipeline parallel size.
        data: Data parallel size, over all pods.
        is_expert_parallel: Whether the experts stay whole.
        pods: Pods of the replica, each on a node of its own.
    """

    tensor: int
    pipeline: int = 1
    data: int = 1
    is_expert_parallel: bool = False
    pods: int = 1

    @property
    def accelerators_per_pod(self) -> int:
        """Accelerators that each pod asks for."""
        return self.tensor * self.pipeline * self.data // self.pods


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """What the engine is told however the model is divided.

    Attributes:
        version: Release of vLLM.
        context_length_tokens: Longest request that is accepted.
        kv_cache_data_type: Value of `--kv-cache-dtype`; None leaves it out.
        quantization: Value of `--quantization`; None leaves it out.
    """

    version: Version
    context_length_tokens: int
    kv_cache_data_type: str | None = None
    quantization: str | None = None


def pod_layouts(architecture: ModelArchitecture, engine: EngineRequest) -> tuple[Layout, ...]:
    """Return the layouts in one pod, from the simplest to the most divided.

    A dense model is cut by tensor parallelism only: data-parallel ranks of a dense model are independent engines,
    which plain replicas do better. For a Mixture-of-Experts the experts may stay whole (expert parallelism), and
    attention may be replicated (data parallelism) so that a latent KV cache is not stored once per rank. Pipeline
    stages, which only make a request wait longer, are tried where tensor parallelism over all accelerators does
    not divide the model.
    """
    tensor_sizes = valid_sizes(architecture, EngineSettings("vllm", engine.version))
    is_mixture = architecture.is_mixture_of_experts is True
    return tuple(
        layout for count in ACCELERATORS_PER_POD for layout in _pod_layouts(count, tensor_sizes, is_mixture)
    )


def node_layouts(architecture: ModelArchitecture, accelerator: Accelerator) -> tuple[Layout, ...]:
    """Return the layouts over several nodes, each of which gives one pod all its accelerators.

    KServe's presets spread data-parallel ranks over nodes and nothing else: a rank is never cut across pods, and no
    preset for pipeline stages is shipped. So there are none for a dense model. Nor are there any for accelerators
    that PCIe alone joins: their nodes have no network that experts could be reached over in time.

    Source: KServe 0.16.0 to 0.20.0, `config/llmisvcconfig`; `GetSize` of the LeaderWorkerSet (data / dataLocal).
    """
    if architecture.is_mixture_of_experts is not True or accelerator.interconnect is None:
        return ()
    whole = max((count for count in ACCELERATORS_PER_POD if count <= accelerator.accelerators_per_node), default=1)
    return tuple(
        Layout(tensor, data=pods * whole // tensor, is_expert_parallel=True, pods=pods)
        for pods in PODS_PER_REPLICA
        for tensor in ACCELERATORS_PER_POD
        if tensor <= whole
    )


def layout_settings(layout: Layout, engine: EngineRequest) -> EngineSettings:
    """Return what vLLM makes of the arguments that ask for a layout, as it is read from any manifest."""
    arguments = [f"--max-model-len={engine.context_length_tokens}"]
    if layout.tensor > 1:
        arguments.append(f"--tensor-parallel-size={layout.tensor}")
    if layout.pipeline > 1:
        arguments.append(f"--pipeline-parallel-size={layout.pipeline}")
    if layout.data > 1:
        arguments.append(f"--data-parallel-size={layout.data}")
    if layout.pods > 1:
        arguments.append(f"--data-parallel-size-local={layout.data // layout.pods}")
    if layout.is_expert_parallel:
        arguments.append("--enable-expert-parallel")
    if engine.kv_cache_data_type is not None:
        arguments.append(f"--kv-cache-dtype={engine.kv_cache_data_type}")
    if engine.quantization is not None:
        arguments.append(f"--quantization={engine.quantization}")
    return _read(arguments, engine.version)


def engine_arguments(settings: EngineSettings) -> tuple[str, ...]:
    """Return the arguments that tell the engine these settings; defaults are left out."""
    return tuple(name if value in _SWITCHES else f"{name}={value}" for name, value in settings.options.items())


def _pod_layouts(accelerators: int, tensor_sizes: Sequence[int], is_mixture: bool) -> Iterator[Layout]:
    yield Layout(accelerators)
    if accelerators == 1:
        return
    divisors = [size for size in ACCELERATORS_PER_POD if size in tensor_sizes and size < accelerators]
    if accelerators not in tensor_sizes and divisors:
        yield Layout(divisors[-1], pipeline=accelerators // divisors[-1])
    if is_mixture:
        for tensor in (size for size in reversed(ACCELERATORS_PER_POD) if size <= accelerators):
            yield Layout(tensor, data=accelerators // tensor, is_expert_parallel=True)


def _read(arguments: Sequence[str], version: Version) -> EngineSettings:
    settings = read_engine_settings(f"vllm/vllm-openai:v{version}", ("vllm", "serve"), arguments, {})
    if settings is None:
        raise InvalidInputError(f"no engine reads {' '.join(arguments)}", field="engine")
    return settings
