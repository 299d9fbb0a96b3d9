"""Small weight files as the libraries of their formats write them, and the configurations that they belong to."""

import json
from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import save

HIDDEN, FEED_FORWARD, HEADS, KV_HEADS, WIDTH, VOCABULARY, LAYERS = 64, 96, 4, 2, 16, 320, 2
EXPERTS, CHOSEN, EXPERT_WIDTH = 8, 2, 32

LLAMA: Mapping[str, object] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": HIDDEN,
    "intermediate_size": FEED_FORWARD,
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "num_key_value_heads": KV_HEADS,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": 4096,
    "torch_dtype": "bfloat16",
}
LLAMA_PARAMETERS = (
    2 * VOCABULARY * HIDDEN
    + HIDDEN
    + LAYERS * (2 * HIDDEN + 2 * HIDDEN * HEADS * WIDTH + 2 * HIDDEN * KV_HEADS * WIDTH + 3 * HIDDEN * FEED_FORWARD)
)
ROUTED = LAYERS * EXPERTS * 3 * HIDDEN * EXPERT_WIDTH
QWEN3_MOE_PARAMETERS = (
    VOCABULARY * HIDDEN
    + HIDDEN
    + ROUTED
    + LAYERS
    * (2 * HIDDEN + 2 * WIDTH + 2 * HIDDEN * HEADS * WIDTH + 2 * HIDDEN * KV_HEADS * WIDTH + EXPERTS * HIDDEN)
)


def zeros(*shape: int) -> np.ndarray:
    """Return weights; their values play no part."""
    return np.zeros(shape, dtype=np.float16)


def llama_tensors() -> dict[str, np.ndarray]:
    """Return the tensors of LLAMA under the names of transformers."""
    tensors = {
        "model.embed_tokens.weight": zeros(VOCABULARY, HIDDEN),
        "model.norm.weight": zeros(HIDDEN),
        "lm_head.weight": zeros(VOCABULARY, HIDDEN),
    }
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}"
        tensors |= {
            f"{prefix}.input_layernorm.weight": zeros(HIDDEN),
            f"{prefix}.post_attention_layernorm.weight": zeros(HIDDEN),
            f"{prefix}.self_attn.q_proj.weight": zeros(HEADS * WIDTH, HIDDEN),
            f"{prefix}.self_attn.k_proj.weight": zeros(KV_HEADS * WIDTH, HIDDEN),
            f"{prefix}.self_attn.v_proj.weight": zeros(KV_HEADS * WIDTH, HIDDEN),
            f"{prefix}.self_attn.o_proj.weight": zeros(HIDDEN, HEADS * WIDTH),
            f"{prefix}.self_attn.rotary_emb.inv_freq": zeros(WIDTH // 2),
            f"{prefix}.mlp.gate_proj.weight": zeros(FEED_FORWARD, HIDDEN),
            f"{prefix}.mlp.up_proj.weight": zeros(FEED_FORWARD, HIDDEN),
            f"{prefix}.mlp.down_proj.weight": zeros(HIDDEN, FEED_FORWARD),
        }
    return tensors


def mixture_tensors() -> dict[str, np.ndarray]:
    """Return the tensors of a Mixture-of-Experts with numbered experts."""
    tensors = {name: tensor for name, tensor in llama_tensors().items() if ".mlp." not in name}
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}.mlp"
        tensors[f"{prefix}.gate.weight"] = zeros(EXPERTS, HIDDEN)
        for expert in range(EXPERTS):
            tensors |= {
                f"{prefix}.experts.{expert}.gate_proj.weight": zeros(EXPERT_WIDTH, HIDDEN),
                f"{prefix}.experts.{expert}.up_proj.weight": zeros(EXPERT_WIDTH, HIDDEN),
                f"{prefix}.experts.{expert}.down_proj.weight": zeros(HIDDEN, EXPERT_WIDTH),
            }
    return tensors


def safetensors_file(tensors: Mapping[str, np.ndarray]) -> bytes:
    """Return a safetensors file."""
    return save(dict(tensors), metadata={"format": "pt"})


def sharded(tensors: Mapping[str, np.ndarray], shards: int) -> dict[str, bytes]:
    """Return an index and the files that it lists, each with a part of the tensors."""
    names = sorted(tensors)
    files = [f"model-{number + 1:05d}-of-{shards:05d}.safetensors" for number in range(shards)]
    weight_map = {name: files[place % shards] for place, name in enumerate(names)}
    parts = {
        file: safetensors_file({name: tensors[name] for name in names if weight_map[name] == file})
        for file in files
    }
    return parts | {"model.safetensors.index.json": json.dumps({"weight_map": weight_map}).encode()}


def gguf_llama(path: Path, family: str = "llama", extra: Mapping[str, np.ndarray] | None = None) -> bytes:
    """Return LLAMA as a GGUF file with Q8_0 matrices."""
    writer = _writer(path, family)
    writer.add_feed_forward_length(FEED_FORWARD)
    tensors = _gguf_attention() | {
        "output.weight": zeros(VOCABULARY, HIDDEN),
        "rope_freqs.weight": zeros(WIDTH // 2),
    }
    for layer in range(LAYERS):
        tensors |= {
            f"blk.{layer}.ffn_gate.weight": zeros(FEED_FORWARD, HIDDEN),
            f"blk.{layer}.ffn_up.weight": zeros(FEED_FORWARD, HIDDEN),
            f"blk.{layer}.ffn_down.weight": zeros(HIDDEN, FEED_FORWARD),
        }
    return _written(writer, path, tensors | dict(extra or {}))


def gguf_mixture(path: Path, family: str = "qwen3moe") -> bytes:
    """Return a Qwen3-MoE of small shape, its embeddings tied, as a GGUF file with Q8_0 matrices."""
    writer = _writer(path, family)
    writer.add_expert_count(EXPERTS)
    writer.add_expert_used_count(CHOSEN)
    writer.add_expert_feed_forward_length(EXPERT_WIDTH)
    writer.add_feed_forward_length(FEED_FORWARD)
    tensors = _gguf_attention()
    for layer in range(LAYERS):
        tensors |= {
            f"blk.{layer}.attn_q_norm.weight": zeros(WIDTH),
            f"blk.{layer}.attn_k_norm.weight": zeros(WIDTH),
            f"blk.{layer}.ffn_gate_inp.weight": zeros(EXPERTS, HIDDEN),
            f"blk.{layer}.ffn_gate_exps.weight": zeros(EXPERTS, EXPERT_WIDTH, HIDDEN),
            f"blk.{layer}.ffn_up_exps.weight": zeros(EXPERTS, EXPERT_WIDTH, HIDDEN),
            f"blk.{layer}.ffn_down_exps.weight": zeros(EXPERTS, HIDDEN, EXPERT_WIDTH),
        }
    return _written(writer, path, tensors)


def _writer(path: Path, family: str) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(path, family)
    writer.add_context_length(4096)
    writer.add_block_count(LAYERS)
    writer.add_embedding_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_key_length(WIDTH)
    writer.add_token_list([f"token {number}" for number in range(VOCABULARY)])
    writer.add_token_scores([0.0] * VOCABULARY)
    return writer


def _gguf_attention() -> dict[str, np.ndarray]:
    tensors = {"token_embd.weight": zeros(VOCABULARY, HIDDEN), "output_norm.weight": zeros(HIDDEN)}
    for layer in range(LAYERS):
        tensors |= {
            f"blk.{layer}.attn_norm.weight": zeros(HIDDEN),
            f"blk.{layer}.ffn_norm.weight": zeros(HIDDEN),
            f"blk.{layer}.attn_q.weight": zeros(HEADS * WIDTH, HIDDEN),
            f"blk.{layer}.attn_k.weight": zeros(KV_HEADS * WIDTH, HIDDEN),
            f"blk.{layer}.attn_v.weight": zeros(KV_HEADS * WIDTH, HIDDEN),
            f"blk.{layer}.attn_output.weight": zeros(HIDDEN, HEADS * WIDTH),
        }
    return tensors


def _written(writer: gguf.GGUFWriter, path: Path, tensors: Mapping[str, np.ndarray]) -> bytes:
    quantised = gguf.GGMLQuantizationType.Q8_0
    for name, tensor in tensors.items():
        if tensor.ndim > 1:
            writer.add_tensor(name, gguf.quants.quantize(tensor.astype(np.float32), quantised), raw_dtype=quantised)
        else:
            writer.add_tensor(name, tensor.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()
