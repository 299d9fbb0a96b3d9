"""Every lower bound is below its upper bound, whatever the model and however it is started.

Denials rest on the lower bounds and promises on the upper ones, so an order that is broken makes one of them wrong.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from neuroscale.engines.recognition import read_engine_settings
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.kv_cache import (
    kv_cache_bytes_per_further_request,
    kv_cache_bytes_per_request,
    request_cache_by_layer_kind,
)
from neuroscale.sizing.overhead import overhead_bytes
from neuroscale.sizing.weights import weight_bytes_by_component, weight_bytes_per_accelerator
from tests.sizing.settings import model

# One of each: dense, sliding, chunked, hybrids, latent, with an indexer, compressed, and quantised ones.
MODELS = (
    "Qwen/Qwen3-8B",
    "google/gemma-4-26B-A4B",
    "meta-llama/Llama-4-Scout-17B-16E-Instruct",
    "ai21labs/AI21-Jamba-Mini-1.6",
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
    "Qwen/Qwen3.5-35B-A3B",
    "moonshotai/Kimi-K3",
    "deepseek-ai/DeepSeek-V3",
    "deepseek-ai/DeepSeek-V3.2",
    "deepseek-ai/DeepSeek-V4-Flash",
    "openai/gpt-oss-120b",
)
OPTIONS = (
    "--enable-expert-parallel",
    "--enable-eplb",
    "--enforce-eager",
    "--kv-cache-dtype=fp8",
    "--block-size=64",
    "--max-num-batched-tokens=1024",
    "--cpu-offload-gb=4",
    "--no-enable-prefix-caching",
    "--mamba-cache-mode=all",
    '--speculative-config={"method": "mtp", "num_speculative_tokens": 2}',
    "--disable-hybrid-kv-cache-manager",
    "--all2all-backend=deepep_low_latency",
    "--language-model-only",
)
VERSIONS = ("0.9.2", "0.11.0", "0.16.0", "0.20.0", "0.26.0", "0.33.0")


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(MODELS),
    # 3 divides hardly any number of heads.
    tensor=st.sampled_from((1, 2, 3, 8, 16)),
    stages=st.integers(1, 3),
    data=st.sampled_from((1, 4)),
    options=st.sets(st.sampled_from(OPTIONS), max_size=4),
    version=st.sampled_from(VERSIONS),
    tokens=st.integers(1, 2_000_000),
)
def test_the_bounds_are_in_order(
    name: str, tensor: int, stages: int, data: int, options: set[str], version: str, tokens: int
) -> None:
    architecture = model(name)
    arguments = ["M", f"-tp={tensor}", f"-pp={stages}", f"-dp={data}", *sorted(options)]
    # Older engines do not have every option, and are sized as if it were not there.
    started = read_engine_settings(f"vllm/vllm-openai:v{version}", ["vllm", "serve"], arguments, {})
    assert started is not None
    components = weight_bytes_by_component(architecture, started)
    kinds = request_cache_by_layer_kind(architecture, started, tokens)
    assert components is not None
    assert kinds is not None
    every: list[ByteBounds | None] = [
        *components.values(),
        *(kind.bytes_per_request for kind in kinds),
        weight_bytes_per_accelerator(architecture, started),
        kv_cache_bytes_per_request(architecture, started, tokens),
        kv_cache_bytes_per_further_request(architecture, started, tokens),
        overhead_bytes(architecture, started),
    ]
    for bounds in every:
        assert bounds is not None
        assert 0 <= bounds.optimistic_bytes <= bounds.pessimistic_bytes
