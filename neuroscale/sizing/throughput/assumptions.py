"""What deployments achieve of the peaks, and what engines add: every constant of the throughput model.

The figures called measured are from the kernel measurements of aiconfigurator-core 0.12.0 (vLLM 0.24.0,
TensorRT-LLM 1.3.0rc20 and NCCL 2.29.2 on A100, H100, H200, B200, L40S and RTX PRO 6000).
"""

from typing import Literal

NumberFormat = Literal["half", "float8", "float4"]

# Share of the memory bandwidth that reading weights and caches achieves. Measured: matrix products of 1 to 8 rows
# in bfloat16 reach 0.60 to 0.88 of the data sheet's figure (10th to 90th percentile).
PRUDENT_BANDWIDTH_SHARE = 0.65
# Share of the peak that large matrix products achieve. Measured at 4096 rows and more, 10th percentile to median:
# bfloat16 0.49 to 0.87, FP8 0.26 to 0.57, NVFP4 0.28 to 0.61.
PRUDENT_ARITHMETIC_SHARE: dict[NumberFormat, float] = {"half": 0.5, "float8": 0.4, "float4": 0.3}
# The same of experts, whose products are many and small and not alike. Measured at 4096 tokens and more, 10th
# percentile to median, with routing from balanced to a power law: bfloat16 0.07 to 0.44, FP8 0.02 to 0.24, 4 bits
# 0.03 to 0.26.
PRUDENT_EXPERT_ARITHMETIC_SHARE: dict[NumberFormat, float] = {"half": 0.2, "float8": 0.15, "float4": 0.1}
# Fewest rows that a product prudently computes: the multiplications of a Hopper tensor core have 64, wanted or not.
# A device with little arithmetic for its memory (H20: 37 operations per byte) is bound by it at a single request.
PRUDENT_TILE_ROWS = 64
# Attention over long prompts, always in 16 bits here.
PRUDENT_ATTENTION_SHARE = 0.3

# One collective of a few kilobytes: measured 2.6 to 8.1 microseconds over NVLink, 5 to 43 over PCIe.
LEAST_COLLECTIVE_SECONDS = 2.5e-6
PRUDENT_LINK_COLLECTIVE_SECONDS = 12e-6
PRUDENT_PCIE_COLLECTIVE_SECONDS = 30e-6
PRUDENT_NETWORK_COLLECTIVE_SECONDS = 60e-6
# Share of a link that all-reduces achieve: measured 0.67 to 0.96 over NVLink for 256 MiB, 0.37 and more for 8 MiB.
# Over PCIe 0.6 between two accelerators; across the host 0.16 to 0.46 among four, 0.07 to 0.37 among eight.
PRUDENT_LINK_SHARE = 0.4
PRUDENT_PCIE_PAIR_SHARE = 0.55
PRUDENT_PCIE_FOUR_SHARE = 0.15
PRUDENT_PCIE_SHARE = 0.065

# Between nodes: an assumption, as no object of a cluster states its network. Nodes of eight H100 have 400 Gbit/s
# per accelerator, and 800 is the most that is sold; 100 are left of it where a node has less.
MOST_NETWORK_BYTES_PER_SECOND = 100e9
PRUDENT_NETWORK_BYTES_PER_SECOND = 12.5e9

# What a layer costs beside reading and arithmetic, with its kernels in CUDA graphs: they wait for each other, and
# are too small to fill the device. Of 2,600 published decoding speeds (InferenceX and others, the sample that
# aiconfigurator-core 0.12.0 keeps) the fastest of small batches pay 36 microseconds over the roofline; one kernel
# for a whole model, which no engine has, gets along with 16 (Llama 3.2 1B in under a millisecond on H100). However
# little there is to read, about ten kernels follow each other in a layer, each of 3 microseconds and more: the
# fastest published layer takes 58. The prudent figures hold for all but a few of those speeds.
LEAST_LAYER_SECONDS = 18e-6
LEAST_WHOLE_LAYER_SECONDS = 40e-6
PRUDENT_LAYER_SECONDS = 35e-6
PRUDENT_EXPERT_LAYER_SECONDS = 85e-6
# More for latent attention, and for an indexer that picks tokens.
PRUDENT_LATENT_LAYER_SECONDS = 15e-6
PRUDENT_INDEXED_LAYER_SECONDS = 50e-6
# Without CUDA graphs every kernel is launched on its own; so it is in prefill.
EAGER_LAYER_SECONDS = 500e-6
EAGER_EXPERT_LAYER_SECONDS = 1000e-6
# The scheduler and the sampler, once a step.
LEAST_STEP_SECONDS = 0.1e-3
PRUDENT_STEP_SECONDS = 1.5e-3
# Once per prompt: tokenising, scheduling, sampling, streaming.
LEAST_PROMPT_SECONDS = 2e-3
PRUDENT_PROMPT_SECONDS = 20e-3

# Tokens that sparse attention looks at: `index_topk` is 2048 in DeepSeek-V3.2 and GLM-5, 512 in the least of
# DeepSeek-V4.
FEWEST_PICKED_TOKENS, MOST_PICKED_TOKENS = 512, 2048

# Tokens of one step of prefill where nothing is stated: vLLM 0.33.0, `EngineArgs`, takes 2048, or 8192 from 70 GiB
# of memory on but on the A100, or 16384 from 160 GiB on, which took 8192 before. Other engines take no fewer.
FEWEST_CHUNK_TOKENS, MANY_CHUNK_TOKENS, MOST_CHUNK_TOKENS = 2048, 8192, 16384
LARGE_DEVICE_BYTES, LARGEST_DEVICE_BYTES = 70 * 2**30, 160 * 2**30
FIRST_LARGE_COMPUTE_CAPABILITY = (9, 0)
