"""Which of a model's files answer for it."""

import re
from dataclasses import dataclass
from typing import Literal

from neuroscale.errors import InvalidInputError, UnknownModelError
from neuroscale.model_sources.gguf_types import is_gguf_quantization

CONFIG = "config.json"
QUANTIZATION_COMPANION = "hf_quant_config.json"
MISTRAL_CONFIG = "params.json"
SAFETENSORS_INDEX = "model.safetensors.index.json"
SINGLE_SAFETENSORS = "model.safetensors"
_CONSOLIDATED = "consolidated"
_INDEX_SUFFIX = ".safetensors.index.json"
_PART = re.compile(r"(.*)-(\d{5})-of-(\d{5})(\.gguf|\.safetensors)")
_SHOWN_FILES = 8


@dataclass(frozen=True, slots=True)
class ChosenFiles:
    """The files that answer for a model.

    Attributes:
        kind: How they are read; "safetensors index" lists the files in which the weights are.
        names: Their names, in order.
    """

    kind: Literal["config", "gguf", "safetensors", "safetensors index"]
    names: tuple[str, ...]


def choose_named(file: str) -> ChosenFiles:
    """Return how a file is read that was named."""
    if file.endswith(".gguf"):
        return ChosenFiles("gguf", _all_parts(file))
    if file.endswith(".safetensors"):
        return ChosenFiles("safetensors", (file,))
    return ChosenFiles("safetensors index" if file.endswith(_INDEX_SUFFIX) else "config", (file,))


def choose_quantized(names: tuple[str, ...], quantization: str, field: str) -> str:
    """Return the GGUF file of a quantisation, its first part where it is split.

    Chosen as vLLM 0.12.0 to 0.23.0 chooses it (`download_gguf`), but for projectors of towers, which are no models.

    Raises:
        UnknownModelError: There is no such file; the message lists the quantisations that there are.
    """
    ggufs = tuple(name for name in _models(names) if name.count("/") <= 1)
    matching = [
        name for name in ggufs if f"-{quantization}-" in _stem(name) or _stem(name).endswith(f"-{quantization}")
    ]
    if matching:
        return min(matching, key=lambda name: (name.count("-"), name))
    found = sorted({last for name in ggufs if is_gguf_quantization(last := _unsplit(name).rpartition("-")[2])})
    raise UnknownModelError(
        f"has no GGUF file whose name ends in -{quantization}.gguf",
        field=field,
        fix=f"name one of {', '.join(found)}"
        if found
        else f"name one of its files, such as hf://organisation/name/{ggufs[0]}"
        if ggufs
        else "name a repository with GGUF files",
    )


def choose_weights(names: tuple[str, ...], field: str) -> ChosenFiles:
    """Return which weight files answer for a model without a config.json.

    Raises:
        UnknownModelError: There are none.
        InvalidInputError: There are several models, and the user must name one.
    """
    top = tuple(name for name in names if "/" not in name)
    ggufs = _models(names)
    firsts = tuple(name for name in ggufs if _number(name) == 1)
    if len(firsts) == 1:
        return ChosenFiles("gguf", _all_parts(firsts[0]))
    if firsts:
        shown = ", ".join(sorted(firsts)[:_SHOWN_FILES])
        more = f" and {len(firsts) - _SHOWN_FILES} more" if len(firsts) > _SHOWN_FILES else ""
        raise InvalidInputError(
            f"has {len(firsts)} GGUF models: {shown}{more}",
            field=field,
            fix="name one of the files behind it, such as hf://organisation/name/FILE.gguf",
        )
    indexes = tuple(name for name in top if name.endswith(_INDEX_SUFFIX))
    if indexes:
        return ChosenFiles("safetensors index", (SAFETENSORS_INDEX if SAFETENSORS_INDEX in top else indexes[0],))
    tensors = tuple(sorted(name for name in top if name.endswith(".safetensors")))
    if not tensors:
        found = f"{MISTRAL_CONFIG} alone" if MISTRAL_CONFIG in top else "neither config.json nor weights"
        raise UnknownModelError(
            f"has {found}", field=field, fix="give the model's config.json in the format of transformers"
        )
    if len(tensors) > 1:
        # Repositories that have the same weights in both layouts call the second one consolidated.
        tensors = tuple(name for name in tensors if not name.startswith(_CONSOLIDATED)) or tensors
    return ChosenFiles("safetensors", tensors)


def _models(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the GGUF files that are models and no projectors of towers."""
    return tuple(name for name in names if name.endswith(".gguf") and "mmproj" not in name.casefold())


def _stem(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".gguf")


def _unsplit(name: str) -> str:
    """Return the name of a file, or of the whole of which it is a part, without directory and ending."""
    found = _PART.fullmatch(name)
    return _stem(name if found is None else found.group(1))


def _number(name: str) -> int:
    found = _PART.fullmatch(name)
    return 1 if found is None else int(found.group(2))


def _all_parts(name: str) -> tuple[str, ...]:
    found = _PART.fullmatch(name)
    if found is None:
        return (name,)
    stem, _, count, suffix = found.groups()
    return tuple(f"{stem}-{number:05d}-of-{count}{suffix}" for number in range(1, int(count) + 1))
