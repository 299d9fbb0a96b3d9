"""Headers as converting a published model writes them: keys and tensors of the real size, without the data."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

_VECTORS = gguf.GGMLQuantizationType.F32
_MATRICES = gguf.GGMLQuantizationType.BF16

Shapes = Iterator[tuple[str, tuple[int, ...]]]


def write_header(path: Path, family: str, config: Mapping[str, Any]) -> None:
    """Write the header of a model of a family, checking every tensor's name against the format's own table."""
    writer = gguf.GGUFWriter(path, family)
    _write_keys(writer, config)
    kind = next(kind for kind, name in gguf.MODEL_ARCH_NAMES.items() if name == family)
    known = {gguf.TENSOR_NAMES[tensor] for tensor in gguf.MODEL_TENSORS[kind]}
    for name, shape in _tensors(config):
        parts = name.rpartition(".")[0].split(".")
        generic = ".".join(["blk.{bid}", *parts[2:]]) if parts[0] == "blk" else parts[0]
        assert generic in known, f"{name} is no tensor of {family}"
        data_type = _MATRICES if len(shape) > 1 else _VECTORS
        size = int(np.prod(shape)) * (2 if data_type is _MATRICES else 4)
        writer.add_tensor_info(name, shape, np.dtype(np.float32), size, raw_dtype=data_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()


def _write_keys(writer: gguf.GGUFWriter, config: Mapping[str, Any]) -> None:
    is_latent = "kv_lora_rank" in config
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(1 if is_latent else config["num_key_value_heads"])
    if head_width := config.get("head_dim"):
        writer.add_key_length(head_width)
    if window := config.get("sliding_window"):
        writer.add_sliding_window(window)
    if is_latent:
        if config["q_lora_rank"] is not None:
            writer.add_q_lora_rank(config["q_lora_rank"])
        writer.add_kv_lora_rank(config["kv_lora_rank"])
        writer.add_key_length(config["kv_lora_rank"] + config["qk_rope_head_dim"])
        writer.add_value_length(config["kv_lora_rank"])
        writer.add_key_length_mla(config["qk_nope_head_dim"] + config["qk_rope_head_dim"])
        writer.add_value_length_mla(config["v_head_dim"])
        writer.add_rope_dimension_count(config["qk_rope_head_dim"])
    if experts := _experts(config):
        writer.add_expert_count(experts)
        writer.add_expert_used_count(config["num_experts_per_tok"])
        writer.add_expert_feed_forward_length(_expert_width(config))
    if shared := config.get("n_shared_experts"):
        writer.add_expert_shared_count(shared)
        writer.add_leading_dense_block_count(config["first_k_dense_replace"])
    if shared_width := config.get("shared_expert_intermediate_size"):
        writer.add_expert_shared_feed_forward_length(shared_width)
    scaling = config.get("rope_scaling") or {}
    if scaling.get("rope_type", scaling.get("type")) == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(float(scaling["factor"]))
        writer.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])


def _tensors(config: Mapping[str, Any]) -> Shapes:
    hidden, vocabulary = config["hidden_size"], config["vocab_size"]
    yield "token_embd.weight", (vocabulary, hidden)
    yield "output_norm.weight", (hidden,)
    if not config.get("tie_word_embeddings", config["model_type"] == "gemma3_text"):
        yield "output.weight", (vocabulary, hidden)
    for layer in range(config["num_hidden_layers"]):
        for name, shape in _layer(config, layer):
            yield f"blk.{layer}.{name}", shape


def _layer(config: Mapping[str, Any], layer: int) -> Shapes:
    hidden, model_type = config["hidden_size"], config["model_type"]
    yield "attn_norm.weight", (hidden,)
    yield "post_attention_norm.weight" if model_type in {"gpt_oss", "glm4_moe"} else "ffn_norm.weight", (hidden,)
    if model_type == "gemma3_text":
        yield "post_attention_norm.weight", (hidden,)
        yield "post_ffw_norm.weight", (hidden,)
    yield from _latent_attention(config) if "kv_lora_rank" in config else _attention(config)
    if not _experts(config) or layer < config.get("first_k_dense_replace", 0):
        yield from _feed_forward("", config["intermediate_size"], hidden)
        return
    experts, width = _experts(config), _expert_width(config)
    yield "ffn_gate_inp.weight", (experts, hidden)
    for name in ("gate", "up"):
        yield f"ffn_{name}_exps.weight", (experts, width, hidden)
    yield "ffn_down_exps.weight", (experts, hidden, width)
    if model_type == "gpt_oss":
        yield "ffn_gate_inp.bias", (experts,)
        yield from ((f"ffn_{name}_exps.bias", (experts, width)) for name in ("gate", "up"))
        yield "ffn_down_exps.bias", (experts, hidden)
    if model_type in {"deepseek_v3", "glm4_moe"}:
        yield "exp_probs_b.bias", (experts,)
    if shared := config.get("n_shared_experts"):
        yield from _feed_forward("_shexp", shared * width, hidden)
    if shared_width := config.get("shared_expert_intermediate_size"):
        yield from _feed_forward("_shexp", shared_width, hidden)
        yield "ffn_gate_inp_shexp.weight", (hidden,)


def _attention(config: Mapping[str, Any]) -> Shapes:
    hidden, heads, kv_heads = config["hidden_size"], config["num_attention_heads"], config["num_key_value_heads"]
    width = config.get("head_dim") or hidden // heads
    model_type = config["model_type"]
    yield "attn_q.weight", (heads * width, hidden)
    yield "attn_k.weight", (kv_heads * width, hidden)
    yield "attn_v.weight", (kv_heads * width, hidden)
    yield "attn_output.weight", (hidden, heads * width)
    if model_type in {"qwen2", "qwen2_moe", "gpt_oss"} or config.get("attention_bias"):
        yield "attn_q.bias", (heads * width,)
        yield "attn_k.bias", (kv_heads * width,)
        yield "attn_v.bias", (kv_heads * width,)
    if model_type == "gpt_oss":
        yield "attn_output.bias", (hidden,)
        yield "attn_sinks.weight", (heads,)
    if model_type in {"qwen3", "qwen3_moe", "gemma3_text"} or config.get("use_qk_norm"):
        yield "attn_q_norm.weight", (width,)
        yield "attn_k_norm.weight", (width,)


def _latent_attention(config: Mapping[str, Any]) -> Shapes:
    hidden, heads, rank = config["hidden_size"], config["num_attention_heads"], config["kv_lora_rank"]
    plain, rotated, value = config["qk_nope_head_dim"], config["qk_rope_head_dim"], config["v_head_dim"]
    if (query_rank := config["q_lora_rank"]) is None:
        yield "attn_q.weight", (heads * (plain + rotated), hidden)
    else:
        yield "attn_q_a.weight", (query_rank, hidden)
        yield "attn_q_a_norm.weight", (query_rank,)
        yield "attn_q_b.weight", (heads * (plain + rotated), query_rank)
    yield "attn_kv_a_mqa.weight", (rank + rotated, hidden)
    yield "attn_kv_a_norm.weight", (rank,)
    yield "attn_k_b.weight", (heads, rank, plain)
    yield "attn_v_b.weight", (heads, value, rank)
    yield "attn_output.weight", (hidden, heads * value)


def _feed_forward(suffix: str, width: int, hidden: int) -> Shapes:
    yield f"ffn_gate{suffix}.weight", (width, hidden)
    yield f"ffn_up{suffix}.weight", (width, hidden)
    yield f"ffn_down{suffix}.weight", (hidden, width)


def _experts(config: Mapping[str, Any]) -> int:
    names = ("num_local_experts", "num_experts", "n_routed_experts")
    return next((config[name] for name in names if config.get(name)), 0)


def _expert_width(config: Mapping[str, Any]) -> int:
    width: int = config.get("moe_intermediate_size") or config["intermediate_size"]
    return width
