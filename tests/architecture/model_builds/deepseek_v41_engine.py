"""What building DeepSeek-V4.1 with vLLM needs without an accelerator: kernels and host tables are stood in for."""

import importlib
from functools import cache
from typing import Any
from unittest.mock import MagicMock


@cache
def prepare_deepseek_v41() -> None:
    """Let the classes of DeepSeek-V4.1 be built on a machine for which vLLM has no kernels of theirs."""
    torch: Any = importlib.import_module("torch")
    engram: Any = importlib.import_module("vllm.models.deepseek_v41.common.engram")
    model: Any = importlib.import_module("vllm.models.deepseek_v41.nvidia.model")
    attention: Any = importlib.import_module("vllm.models.deepseek_v41.attention")
    # Streams, properties and caches of an accelerator: nothing is computed.
    torch.cuda.get_device_properties = MagicMock()
    torch.accelerator.current_device_index = lambda: 0
    model.NgramHashState = MagicMock()
    engram.is_uva_available = lambda: True
    engram.ParallelEngramEmbedding._allocate_weights = lambda table: (
        torch.empty(table.part_num_embeddings, table.dim, dtype=torch.float8_e4m3fn),
        torch.empty(table.part_num_embeddings, table.dim // table.block_size, dtype=torch.uint8),
    )
    engram.EngramBatch.create = lambda *_tables: None

    class Indexer(attention.DeepseekV4Indexer):  # type: ignore[misc]
        attn_cls = mqa_cls = MagicMock()

    class Attention(attention.DeepseekV4Attention):  # type: ignore[misc]
        """The attention without a kernel: as many sinks as heads."""

        backend_cls = swa_backend_cls = MagicMock()
        packed_kv_cache_dtype = "fp8_ds_mla"
        accepts_unnormed_unroped_query = False

        @classmethod
        def get_padded_num_q_heads(cls, num_heads: int) -> int:
            return num_heads

        def _indexer_cls(self, _cache: Any) -> Any:
            return Indexer

    Attention.__abstractmethods__ = frozenset()
    model._select_dsv4_attn_cls = lambda _config: Attention


@cache
def prepare_deepseek_v4_vision() -> None:
    """Let DeepSeek-V4 with its vision tower be built, which vLLM stands a refusal in for on a CPU."""
    package: Any = importlib.import_module("vllm.models.deepseek_v4")
    vision: Any = importlib.import_module("vllm.models.deepseek_v4.common.vl_model")
    package.DeepseekV4ForConditionalGeneration = vision.DeepseekV4ForConditionalGeneration
