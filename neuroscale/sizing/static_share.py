"""The share of a device that SGLang takes for weights and caches where `--mem-fraction-static` is not given."""

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.sizing.stated_counts import stated_count
from neuroscale.sizing.visible_memory import least_visible_bytes

_MEBIBYTE = 2**20
# Tokens of a chunk of prefill and requests of a captured step by the memory of the device, at the most.
_DEFAULTS_BELOW_MEBIBYTES = ((20 * 1024, 2048, 8), (60 * 1024, 4096, 160), (160 * 1024, 8192, 512))
# Its name in earlier and in later releases.
_STEP_OPTIONS = ("--cuda-graph-max-bs", "--cuda-graph-max-bs-decode")
_LARGEST_CHUNK, _LARGEST_STEP = 16384, 512
_CONSTANT_MEBIBYTES, _MEBIBYTES_PER_TOKEN = 512, 1.5
_MEBIBYTES_PER_EIGHT_RANKS = 1024
_MEBIBYTES_PER_REQUEST, _MEBIBYTES_PER_REQUEST_AND_COPY = 2, 4.5
# Graphs of prefill with latent attention, and what they share with DeepEP.
_PREFILL_GRAPHS_MEBIBYTES = 2560
_ALL_TO_ALL_MEBIBYTES = 2048
_LARGE_DEVICE_MEBIBYTES, _LEAST_RESERVE_MEBIBYTES = 60 * 1024, 10 * 1024
# Images: by the size of the tower, or a constant.
_LEAST_FACTOR_WITH_TOWERS, _TOWER_MEBIBYTES = 0.95 * 0.8, 8 * 1024
# Releases up to 0.4.9 chose by the number of ranks alone: 0.79 for 16 and more.
_LEAST_OF_EARLIER_RELEASES = 0.79


def least_default_static_share(
    architecture: ModelArchitecture, settings: EngineSettings, accelerator: Accelerator
) -> float:
    """Return the least share that the engine may choose: what its own estimate of activations and graphs leaves.

    Every reserve that any option may add is taken as added. On H100 SGLang chose 0.874 for Qwen3 8B and 0.828 for
    Qwen3 32B, of which this says 0.79.

    Source: SGLang 0.5.23, `_handle_gpu_memory_settings`, `reserve_for_graph_mb` and `adjust_mem_fraction_for_vlm`
    of arg_groups/memory_hook.py; 0.4.6.post5, `ServerArgs.__post_init__`.
    """
    device = least_visible_bytes(accelerator) / _MEBIBYTE
    chunk, step = next(
        (found[1:] for found in _DEFAULTS_BELOW_MEBIBYTES if device < found[0]), (_LARGEST_CHUNK, _LARGEST_STEP)
    )
    chunk = max(2048, stated_count(settings, "--chunked-prefill-size") or chunk)
    for name in _STEP_OPTIONS:
        step = stated_count(settings, name) or step
    reserve = _CONSTANT_MEBIBYTES + _MEBIBYTES_PER_TOKEN * chunk + _PREFILL_GRAPHS_MEBIBYTES
    reserve += settings.tensor_parallel_size * settings.pipeline_parallel_size / 8 * _MEBIBYTES_PER_EIGHT_RANKS
    reserve += _MEBIBYTES_PER_REQUEST * step
    copies = settings.attention_data_parallel_size
    if copies > 1:
        reserve += _MEBIBYTES_PER_REQUEST_AND_COPY * step * copies
    if device > _LARGE_DEVICE_MEBIBYTES:
        reserve = max(reserve, _LEAST_RESERVE_MEBIBYTES)
    if "--moe-a2a-backend" in settings.options:
        reserve += _ALL_TO_ALL_MEBIBYTES
    share = min(_LEAST_OF_EARLIER_RELEASES, 1 - reserve / device)
    counts = architecture.parameters
    if counts is None or counts.vision_tower + counts.audio_tower:
        share = min(share * _LEAST_FACTOR_WITH_TOWERS, share - _TOWER_MEBIBYTES / device)
    return max(0.0, share)
