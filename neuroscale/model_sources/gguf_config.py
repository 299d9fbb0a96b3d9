"""From a GGUF file's metadata to the config.json that it was converted from, where the family is known."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from neuroscale.model_sources.gguf_header import GgufHeader
from neuroscale.model_sources.stored_tensors import StoredTensor

_FLOATS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}
_CORRECTION_BIAS = ".exp_probs_b"


def gguf_configuration(header: GgufHeader, tensors: tuple[StoredTensor, ...]) -> Mapping[str, object] | None:
    """Return the configuration that the metadata corresponds to; None when the family is not described.

    Args:
        header: The header of the first file, which has the metadata.
        tensors: The tensors of all files.
    """
    family = _family(header, tensors)
    if family is None:
        return None
    names = {tensor.name for tensor in tensors}
    keys = {**_table()["common"], **family["fields"]}
    stated = {field: value for field, key in keys.items() if (value := _value(header, key)) is not None}
    if (draft := header.integer("nextn_predict_layers")) and isinstance(stated.get("num_hidden_layers"), int):
        stated["num_hidden_layers"] -= draft
        stated["num_nextn_predict_layers"] = draft
    config: dict[str, object] = {
        "architectures": [family["class_name"]],
        "model_type": family["model_type"],
        **stated,
        "vocab_size": vocabulary_of(tensors),
        "tie_word_embeddings": "output.weight" not in names,
        "attention_bias": "blk.0.attn_q.bias" in names,
        "mlp_bias": "blk.0.ffn_up.bias" in names,
        "use_qk_norm": "blk.0.attn_q_norm.weight" in names,
        "torch_dtype": data_type_of(tensors),
    }
    if family["model_type"].startswith("deepseek"):
        config |= _latent_attention(header)
    if scaling := _rope_scaling(header):
        config["rope_scaling"] = scaling
    if bits := quantised_bits(tensors):
        config["quantization_config"] = {"quant_method": "gguf", "bits": bits}
    return {name: value for name, value in config.items() if value is not None or name == "q_lora_rank"}


def vocabulary_of(tensors: tuple[StoredTensor, ...]) -> int | None:
    """Return the rows of the token embedding."""
    found = next((tensor for tensor in tensors if tensor.name == "token_embd.weight"), None)
    return None if found is None else found.shape[0]


def data_type_of(tensors: tuple[StoredTensor, ...]) -> str | None:
    """Return the type of the largest weights that are not quantised, vectors apart."""
    floats = [tensor for tensor in tensors if tensor.data_type in _FLOATS and len(tensor.shape) > 1]
    return _FLOATS[max(floats, key=lambda tensor: tensor.stored_bytes).data_type] if floats else None


def quantised_bits(tensors: tuple[StoredTensor, ...]) -> float | None:
    """Return the stored bits of a quantised weight, on average over all of them; None when there are none."""
    quantised = [tensor for tensor in tensors if tensor.data_type not in _FLOATS]
    weights = sum(tensor.elements for tensor in quantised)
    return round(8 * sum(tensor.stored_bytes for tensor in quantised) / weights, 6) if weights else None


def _family(header: GgufHeader, tensors: tuple[StoredTensor, ...]) -> Mapping[str, Any] | None:
    name = header.architecture
    if name == "llama" and (header.integer("expert_count") or 0) > 0:
        name = "llama with experts"
    if name == "deepseek2" and any(_CORRECTION_BIAS in tensor.name for tensor in tensors):
        name = "deepseek2 with correction bias"
    found: Mapping[str, Any] | None = _table()["families"].get(name)
    return found


def _value(header: GgufHeader, key: str) -> int | None:
    """Return a figure; a list with one figure for all layers counts as that figure."""
    value = header.values.get(f"{header.architecture}.{key}")
    if isinstance(value, tuple) and len(set(value)) == 1:
        value = value[0]
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _latent_attention(header: GgufHeader) -> dict[str, object]:
    """Newer files state the widths before absorption under keys of their own and one KV head; older ones do not."""
    rotated = header.integer("rope.dimension_count")
    key = header.integer("attention.key_length_mla") or header.integer("attention.key_length")
    return {
        "num_key_value_heads": header.integer("attention.head_count"),
        "head_dim": None,
        "q_lora_rank": header.integer("attention.q_lora_rank"),
        "qk_nope_head_dim": None if key is None or rotated is None else key - rotated,
        "v_head_dim": header.integer("attention.value_length_mla") or header.integer("attention.value_length"),
    }


def _rope_scaling(header: GgufHeader) -> dict[str, object] | None:
    prefix = f"{header.architecture}.rope.scaling"
    kind = header.values.get(f"{prefix}.type")
    factor = header.values.get(f"{prefix}.factor")
    if not isinstance(kind, str) or kind == "none" or not isinstance(factor, int | float):
        return None
    original = header.values.get(f"{prefix}.original_context_length")
    scaling: dict[str, object] = {"rope_type": kind, "factor": factor}
    return scaling if original is None else {**scaling, "original_max_position_embeddings": original}


@cache
def _table() -> Mapping[str, Any]:
    text = files("neuroscale.model_sources").joinpath("data", "gguf_families.json").read_text("utf-8")
    table: Mapping[str, Any] = json.loads(text)
    return table
