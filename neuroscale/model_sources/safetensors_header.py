"""The header of a safetensors file: eight bytes of length, then JSON with the name, type and shape of each tensor.

Defined by the format description of the safetensors project.
"""

import re
from collections.abc import Callable
from typing import Any

from neuroscale.architecture.strict_json import parse_object
from neuroscale.errors import UnreadableInputError
from neuroscale.model_sources.stored_tensors import NameRules, StoredTensor

# The reference implementation refuses longer headers too.
MAXIMUM_HEADER_BYTES = 100_000_000
_LENGTH_BYTES = 8
# Most headers fit, so that most files are answered by one request.
_FIRST_READ_BYTES = 128 * 1024
_METADATA = "__metadata__"
_MAXIMUM_DIMENSIONS = 8
_MAXIMUM_ELEMENTS = 2**48
_FLOATS = frozenset({"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ"})

SAFETENSORS_NAMES = NameRules(
    components=(
        (re.compile(r"(?:^|\.)(?:vision|visual|image|multi_modal|mm_projector)"), "vision_tower"),
        (re.compile(r"(?:^|\.)(?:audio|speech)"), "audio_tower"),
        (re.compile(r"shared_experts?_gate\.|shared_expert_gate"), "shared_experts"),
        (re.compile(r"\.shared_(?:experts?|mlp)\."), "shared_experts"),
        (re.compile(r"\.experts\."), "routed_experts"),
        (re.compile(r"\.(?:gate|router|router\.\w+|gate\.wg)\.(?:weight|bias)$"), "router"),
        (re.compile(r"(?:^|\.)(?:embed_tokens|tok_embeddings|word_embeddings|wte)\.weight$"), "input_embedding"),
        (re.compile(r"^(?:\w+\.)?(?:lm_head|output|embed_out)\.(?:weight|bias)$"), "output_head"),
        (re.compile(r"norm|\.ln_|(?:^|\.)ln_f\."), "normalisation"),
        (re.compile(r"\.(?:self_attn|self_attention|attention|attn)\."), "attention"),
        (re.compile(r"\.(?:mlp|feed_forward|ffn)\."), "dense_feed_forward"),
    ),
    expert_index=re.compile(r"\.experts\.(\d{1,7})\."),
    layer_index=re.compile(r"(?:^|\.)(?:layers|h|blocks)\.(\d{1,5})\."),
    draft_layer=re.compile(r"\.(?:eh_proj|enorm|hnorm|shared_head)\b"),
    ignored=re.compile(
        r"(?:scales?|scale_inv|scale_2|zero_point|zeros|zp|g_idx|absmax|quant_map|quant_state\S*|weight_shape)$"
        r"|inv_freq$|position_ids$|masked_bias$|\.attn\.bias$|correction_bias$|^mtp\."
    ),
)


def read_safetensors_header(
    read_range: Callable[[int, int], bytes], spend: Callable[[int], None], field: str
) -> tuple[StoredTensor, ...]:
    """Read the tensors of a safetensors file.

    Args:
        read_range: Returns the bytes of the file at an offset and of a length.
        spend: Told of bytes before they are read; raises when they are too many.
        field: Names the file in errors.

    Raises:
        UnreadableInputError: The file is no safetensors file.
    """
    spend(_FIRST_READ_BYTES)
    start = read_range(0, _FIRST_READ_BYTES)
    length = int.from_bytes(start[:_LENGTH_BYTES], "little")
    if len(start) < _LENGTH_BYTES or not 2 <= length <= MAXIMUM_HEADER_BYTES or start[8:9] != b"{":
        raise _broken("the header is missing or longer than headers are", field)
    header = start[_LENGTH_BYTES : _LENGTH_BYTES + length]
    if missing := length - len(header):
        spend(missing)
        header += read_range(_LENGTH_BYTES + len(header), missing)
    if len(header) < length:
        raise _broken("the file ends inside its header", field)
    try:
        entries = parse_object(header.decode("utf-8"))
    except ValueError as problem:
        raise _broken(str(problem), field) from None
    return tuple(_tensor(name, entry, field) for name, entry in entries.items() if name != _METADATA)


def are_packed(tensors: tuple[StoredTensor, ...]) -> bool:
    """Tell whether some weights are stored several to a number, so that numbers are not parameters."""
    return any(
        tensor.data_type not in _FLOATS and len(tensor.shape) > 1
        for tensor in tensors
        if SAFETENSORS_NAMES.ignored.search(tensor.name) is None
    )


def _tensor(name: str, entry: Any, field: str) -> StoredTensor:
    if not isinstance(entry, dict):
        raise _broken(f"the tensor {name[:80]!r} is not described", field)
    data_type, shape, offsets = entry.get("dtype"), _counts(entry.get("shape")), _counts(entry.get("data_offsets"))
    if not isinstance(data_type, str) or shape is None or offsets is None or len(offsets) != 2:
        raise _broken(f"the tensor {name[:80]!r} has no type, shape and place", field)
    begin, end = offsets
    tensor = StoredTensor(name, shape, data_type[:20], end - begin)
    if end < begin or tensor.elements > _MAXIMUM_ELEMENTS:
        raise _broken(f"the tensor {name[:80]!r} has an impossible size", field)
    return tensor


def _counts(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list) or len(value) > _MAXIMUM_DIMENSIONS:
        return None
    is_sound = all(type(item) is int and 0 <= item <= _MAXIMUM_ELEMENTS for item in value)
    return tuple(value) if is_sound else None


def _broken(problem: str, field: str) -> UnreadableInputError:
    return UnreadableInputError(f"is no readable safetensors file: {problem}", field=field)
