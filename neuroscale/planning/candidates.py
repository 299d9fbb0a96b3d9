"""The engine settings worth trying on a kind of accelerator."""

from collections.abc import Iterator

from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator

# Devices of one kind that nodes commonly hold; a replica is one pod, so it never spans nodes.
ACCELERATORS_PER_POD = (1, 2, 4, 8)

# Nodes that hold fewer. Source: NVIDIA data sheets; a compute tray of GB200 or GB300 NVL72 has two superchips.
_MOST_ACCELERATORS_PER_NODE = {"gh200": 1, "gb200": 4, "gb300": 4}

# Requests that one data-parallel rank runs at once when `--max-num-seqs` is not given, on the smaller devices; some
# larger ones take 1024. Source: vLLM 0.33.0, defaults of EngineArgs by device and usage.
REQUESTS_PER_RANK = 256


def candidate_settings(
    architecture: ModelArchitecture, accelerator: Accelerator, engine_version: Version, context_length_tokens: int
) -> Iterator[EngineSettings]:
    """Yield settings from the simplest to the most divided.

    A dense model is cut by tensor parallelism only: data-parallel ranks of a dense model are independent engines,
    which plain replicas do better. For a Mixture-of-Experts the experts may stay whole (expert parallelism), and
    attention may be replicated (data parallelism) so that a latent KV cache is not stored once per rank.
    """
    most = _MOST_ACCELERATORS_PER_NODE.get(accelerator.name.partition("-")[0], ACCELERATORS_PER_POD[-1])
    for accelerators in (count for count in ACCELERATORS_PER_POD if count <= most):
        for tensor, data, expert in _divisions(accelerators, architecture.is_mixture_of_experts is True):
            yield EngineSettings(
                engine="vllm",
                version=engine_version,
                tensor_parallel_size=tensor,
                data_parallel_size=data,
                enable_expert_parallel=expert,
                maximum_model_length_tokens=context_length_tokens,
            )


def engine_arguments(settings: EngineSettings) -> tuple[str, ...]:
    """Return the arguments that tell the engine these settings; defaults are left out."""
    arguments = [f"--max-model-len={settings.maximum_model_length_tokens}"]
    if settings.tensor_parallel_size > 1:
        arguments.append(f"--tensor-parallel-size={settings.tensor_parallel_size}")
    if settings.data_parallel_size > 1:
        arguments.append(f"--data-parallel-size={settings.data_parallel_size}")
    if settings.enable_expert_parallel:
        arguments.append("--enable-expert-parallel")
    return tuple(arguments)


def _divisions(accelerators: int, is_mixture_of_experts: bool) -> Iterator[tuple[int, int, bool]]:
    """Yield (tensor, data, expert parallelism) for a number of accelerators."""
    yield accelerators, 1, False
    if not is_mixture_of_experts or accelerators == 1:
        return
    for tensor in (size for size in reversed(ACCELERATORS_PER_POD) if size <= accelerators):
        yield tensor, accelerators // tensor, True
