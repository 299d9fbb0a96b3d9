"""The header of a GGUF file: key/value metadata, then the name, shape and type of each tensor.

Defined by the GGUF specification of the ggml project. Only as much of the file is read as the header takes; the
vocabulary in it is passed over.
"""

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

from neuroscale.errors import UnreadableInputError
from neuroscale.model_sources.gguf_types import storage_types
from neuroscale.model_sources.stored_tensors import NameRules, StoredTensor

GgufValue = int | float | bool | str | tuple[int | float | bool, ...]

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_FIRST_READ_BYTES = 512 * 1024
_MOST_READ_BYTES = 8 * 1024 * 1024
_LENGTH_BYTES = 8
_MAXIMUM_KEYS = 2**12
_MAXIMUM_TENSORS = 2**18
_MAXIMUM_TEXT_BYTES = 2**20
_MAXIMUM_KEPT_ITEMS = 2**13
_MAXIMUM_ITEMS = 2**24
_MAXIMUM_DIMENSIONS = 4
_MAXIMUM_ELEMENTS = 2**48
_TEXT, _LIST, _BOOLEAN = 8, 9, 7
_NUMBERS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<B", 10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip

GGUF_NAMES = NameRules(
    components=(
        (re.compile(r"^(?:v|mm|a)\."), "vision_tower"),
        (re.compile(r"\.ffn_gate_inp_shexp\.|\.ffn_\w+_shexp\."), "shared_experts"),
        (re.compile(r"\.ffn_gate_inp\."), "router"),
        (re.compile(r"\.ffn_\w+_exps\.|\.ffn_\w+\.\d+\.weight$"), "routed_experts"),
        (re.compile(r"^token_embd\."), "input_embedding"),
        (re.compile(r"^output\."), "output_head"),
        (re.compile(r"norm"), "normalisation"),
        (re.compile(r"\.attn_"), "attention"),
        (re.compile(r"\.ffn_"), "dense_feed_forward"),
    ),
    expert_index=re.compile(r"\.ffn_\w+\.(\d{1,7})\.weight$"),
    layer_index=re.compile(r"^blk\.(\d{1,5})\."),
    draft_layer=re.compile(r"\.nextn\."),
    ignored=re.compile(r"^rope_|\.rope_|\.exp_probs_b|scale$"),
)


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a GGUF file says about itself.

    Attributes:
        values: Metadata by key; lists of texts and very long lists are left out.
        lengths: Length of every list.
        tensors: The tensors of this file; one of several files has a part of them.
    """

    values: Mapping[str, GgufValue]
    lengths: Mapping[str, int]
    tensors: tuple[StoredTensor, ...]

    @property
    def architecture(self) -> str:
        """The name under which the format knows the model's family."""
        return str(self.values.get("general.architecture", ""))

    def integer(self, key: str) -> int | None:
        """Return a whole number of the family's own keys, e.g. "block_count"; None when it is no such number."""
        value = self.values.get(f"{self.architecture}.{key}")
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_gguf_header(
    read_range: Callable[[int, int], bytes], spend: Callable[[int], None], field: str
) -> GgufHeader:
    """Read the header of a GGUF file.

    Args:
        read_range: Returns the bytes of the file at an offset and of a length.
        spend: Told of bytes before they are read; raises when they are too many.
        field: Names the file in errors.

    Raises:
        UnreadableInputError: The file is no GGUF file of a known version.
    """
    reader = _Reader(read_range, spend, field)
    if reader.take(4) != _MAGIC:
        raise reader.broken("it does not begin as one")
    version = reader.number("<I")
    if version not in _VERSIONS:
        raise reader.broken(f"version {version} is not known; versions 2 and 3 are")
    tensor_count = reader.count(_MAXIMUM_TENSORS, "tensors")
    key_count = reader.count(_MAXIMUM_KEYS, "metadata keys")
    values: dict[str, GgufValue] = {}
    lengths: dict[str, int] = {}
    for _ in range(key_count):
        key = reader.text()
        kind = int(reader.number("<I"))
        if kind == _LIST:
            kept, lengths[key] = reader.items()
            if kept is not None:
                values[key] = kept
        else:
            values[key] = reader.value(kind)
    return GgufHeader(values, lengths, tuple(_tensor(reader) for _ in range(tensor_count)))


def _tensor(reader: "_Reader") -> StoredTensor:
    name = reader.text()
    dimensions = int(reader.number("<I"))
    if not 1 <= dimensions <= _MAXIMUM_DIMENSIONS:
        raise reader.broken(f"the tensor {name[:80]!r} has {dimensions} dimensions")
    # The format lists the fastest dimension first.
    shape = tuple(reversed([int(reader.number("<Q")) for _ in range(dimensions)]))
    kind = int(reader.number("<I"))
    reader.take(8)
    stored = storage_types().get(kind)
    if stored is None:
        raise reader.broken(f"the tensor {name[:80]!r} has the unknown type {kind}")
    elements = prod(shape)
    if elements > _MAXIMUM_ELEMENTS or elements % stored.weights:
        raise reader.broken(f"the tensor {name[:80]!r} has an impossible size")
    return StoredTensor(name, shape, stored.name, elements // stored.weights * stored.stored_bytes)


class _Reader:
    """Reads a file from its beginning, in growing parts."""

    def __init__(self, read_range: Callable[[int, int], bytes], spend: Callable[[int], None], field: str) -> None:
        self._read_range = read_range
        self._spend = spend
        self._field = field
        self._part = b""
        self._at = 0
        self._end = 0
        self._next_bytes = _FIRST_READ_BYTES

    def broken(self, problem: str) -> UnreadableInputError:
        """Return the error for a file that is no GGUF file."""
        return UnreadableInputError(f"is no readable GGUF file: {problem}", field=self._field)

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if self._at + size > len(self._part):
            self._fill(size)
        taken = self._part[self._at : self._at + size]
        self._at += size
        return taken

    def number(self, form: str) -> int | float:
        """Return the next number of a form that `struct` knows."""
        found: int | float = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return found

    def count(self, maximum: int, things: str) -> int:
        """Return the next length, within bounds."""
        found = int(self.number("<Q"))
        if found > maximum:
            raise self.broken(f"{found} {things} are more than any model has")
        return found

    def text(self) -> str:
        """Return the next text."""
        return self.take(self.count(_MAXIMUM_TEXT_BYTES, "bytes of a text")).decode("utf-8", "replace")

    def value(self, kind: int) -> int | float | bool | str:
        """Return the next value of a kind that is no list."""
        if kind == _TEXT:
            return self.text()
        if kind not in _NUMBERS:
            raise self.broken(f"metadata of the unknown kind {kind}")
        found = self.number(_NUMBERS[kind])
        return bool(found) if kind == _BOOLEAN else found

    def items(self) -> tuple[tuple[int | float | bool, ...] | None, int]:
        """Return the next list and its length; the list is None when it is of texts or too long to keep."""
        kind = int(self.number("<I"))
        length = self.count(_MAXIMUM_ITEMS, "items of a list")
        if kind == _TEXT:
            self._skip_texts(length)
            return None, length
        if kind not in _NUMBERS:
            raise self.broken(f"a list of the unknown kind {kind}")
        form = _NUMBERS[kind]
        if length > _MAXIMUM_KEPT_ITEMS:
            self._skip(length * struct.calcsize(form))
            return None, length
        found = struct.unpack(f"<{length}{form[1]}", self.take(length * struct.calcsize(form)))
        return (tuple(bool(item) for item in found) if kind == _BOOLEAN else found), length

    def _skip_texts(self, length: int) -> None:
        """Pass over a vocabulary: hundreds of thousands of texts, of which only the lengths are looked at."""
        for _ in range(length):
            begin = self._at + _LENGTH_BYTES
            end = begin + int.from_bytes(self._part[self._at : begin], "little")
            if begin <= end <= len(self._part):
                self._at = end
            else:
                self.take(self.count(_MAXIMUM_TEXT_BYTES, "bytes of a text"))

    def _skip(self, size: int) -> None:
        while size > 0:
            step = min(size, _FIRST_READ_BYTES)
            self.take(step)
            size -= step

    def _fill(self, size: int) -> None:
        rest = self._part[self._at :]
        wanted = max(self._next_bytes, size - len(rest))
        self._spend(wanted)
        read = self._read_range(self._end, wanted)
        self._end += len(read)
        self._next_bytes = min(2 * self._next_bytes, _MOST_READ_BYTES)
        self._part, self._at = rest + read, 0
        if size > len(self._part):
            raise self.broken("it ends inside its header")
