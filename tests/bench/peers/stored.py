"""The tensors of a real build as a checkpoint stores them, and what of them one rank loads."""

import math
import re
from collections.abc import Iterator, Mapping

from tests.bench.peers.hub import StoredTensor

_EXPERT = re.compile(r"\.experts\.")
# Norms, routers and their biases are on every rank. So is what has no head to be divided by.
_WHOLE = re.compile(r"norm|\.router\.|\.gate\.(weight|e_score_correction_bias)$|\.(q_a_proj|kv_a_proj_with_mqa)\.")
_BLOCK = 128
_MXFP4_GROUP = 32
# DeepSeek-V3 keeps these in 16 bits. Source: the index of its checkpoint.
_NOT_QUANTISED = re.compile(r"norm|embed_tokens|lm_head|\.gate\.|bias$")


def stored_tensors(shapes: Mapping[str, tuple[int, ...]], stored_format: str) -> dict[str, StoredTensor]:
    """Return the tensors of a checkpoint in one of the formats of the deployments."""
    layout = {"bfloat16": _bfloat16, "mxfp4-experts": _mxfp4, "fp8-blocks": _fp8_blocks}[stored_format]
    return {name: tensor for given, shape in shapes.items() for name, tensor in layout(given, shape)}


def rank_bytes(tensors: Mapping[str, StoredTensor], tensor_ranks: int, data_ranks: int) -> int:
    """Return what the fullest rank loads: experts over all ranks, norms and routers whole, the rest over TP.

    Nothing that an engine pads or repacks is in it. Source: vLLM 0.33.0, `FusedMoEParallelConfig.make` and the
    parallel linear layers.
    """
    total = 0.0
    for name, tensor in tensors.items():
        ranks = tensor_ranks * data_ranks if _EXPERT.search(name) else 1 if _WHOLE.search(name) else tensor_ranks
        total += tensor.stored_bytes / ranks
    return math.ceil(total)


def _bfloat16(name: str, shape: tuple[int, ...]) -> Iterator[tuple[str, StoredTensor]]:
    yield name, StoredTensor("BF16", shape)


def _mxfp4(name: str, shape: tuple[int, ...]) -> Iterator[tuple[str, StoredTensor]]:
    """Yield packed pairs of 4 bits and a scale of 8 bits for 32 of them; biases stay as they are."""
    if not _EXPERT.search(name) or name.endswith("bias"):
        yield from _bfloat16(name, shape)
        return
    experts, width, depth = shape
    yield f"{name}_blocks", StoredTensor("U8", (experts, width, depth // _MXFP4_GROUP, _MXFP4_GROUP // 2))
    yield f"{name}_scales", StoredTensor("U8", (experts, width, depth // _MXFP4_GROUP))


def _fp8_blocks(name: str, shape: tuple[int, ...]) -> Iterator[tuple[str, StoredTensor]]:
    """Yield 8-bit weights and a 32-bit scale for each block of 128 x 128."""
    if _NOT_QUANTISED.search(name) or len(shape) < 2:
        yield from _bfloat16(name, shape)
        return
    blocks = (*shape[:-2], math.ceil(shape[-2] / _BLOCK), math.ceil(shape[-1] / _BLOCK))
    yield name, StoredTensor("F8_E4M3", shape)
    yield f"{name}_scale_inv", StoredTensor("F32", blocks)
