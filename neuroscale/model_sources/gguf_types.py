"""The types that GGUF files store tensors in, and the names of quantisations that are made of them.

The types and their block sizes are a data file, taken from the definition of the format.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

# Endings of file names that say how a quantisation mixes types, such as Q4_K_M.
# Source: vLLM 0.23.0, transformers_utils/gguf_utils.py.
QUANTIZATION_SUFFIXES = ("_M", "_S", "_L", "_XL", "_XS", "_XXS")


@dataclass(frozen=True, slots=True)
class StorageType:
    """A tensor type: so many weights are stored together in so many bytes, scales included."""

    name: str
    weights: int
    stored_bytes: int


@cache
def storage_types() -> Mapping[int, StorageType]:
    """Return the types by the number that stands for them in a file."""
    table = json.loads(files("neuroscale.model_sources").joinpath("data", "ggml_types.json").read_text("utf-8"))
    return MappingProxyType(
        {entry["number"]: StorageType(entry["name"], entry["weights"], entry["bytes"]) for entry in table["types"]}
    )


def storage_type_names() -> tuple[str, ...]:
    """Return the names of the types, in the order of their numbers."""
    return tuple(stored.name for _, stored in sorted(storage_types().items()))


def is_gguf_quantization(name: str) -> bool:
    """Tell whether a name is that of a quantisation: a type, one with a suffix, or either behind a dashed prefix.

    Source: vLLM 0.12.0 to 0.23.0, `is_remote_gguf`; Q4_K, Q4_K_M and UD-Q4_K_XL are such names.
    """
    prefix, _, last = name.rpartition("-")
    if not all(character.isascii() and (character.isalnum() or character in "_+-") for character in prefix):
        return False
    bases = (last, *(last.removesuffix(suffix) for suffix in QUANTIZATION_SUFFIXES if last.endswith(suffix)))
    return not set(bases).isdisjoint(storage_type_names())
