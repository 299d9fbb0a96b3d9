"""The memory that tools expect beside what really is loaded: `python -m tests.bench.peers.memory [--write FILE]`.

Needs the dependency group `model-builds`. The truth of the weights is the model itself, built on the meta device,
as its checkpoint stores it and its ranks divide it; that of the KV cache is the derivation in `deployments.json`.
Every peer is asked by its own functions, on the loopback interface, for the same deployment.
"""

import argparse
import contextlib
import importlib
import io
import json
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from packaging.version import Version

from neuroscale.architecture.reader import read_architecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.sizing.cache_per_token import cache_by_layer_kind
from neuroscale.sizing.weights import weight_bytes_per_accelerator
from tests.architecture.ground_truth_rows import model_rows
from tests.architecture.model_builds.build import build_model
from tests.bench.peers.hf_mem import run_hf_mem
from tests.bench.peers.hub import Repository, safetensors_header, serve
from tests.bench.peers.stored import rank_bytes, stored_tensors

SEQUENCE_TOKENS = 32_768
DEPLOYMENTS_FILE = Path(__file__).with_name("deployments.json")
_GIBIBYTE = 1 << 30
_PEERS = ("hf-mem", "llm-d-planner", "aiconfigurator-core")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A model, how its ranks divide it, and the truth about its cache."""

    model: str
    tensor: int
    data: int
    format: str
    cache_bytes: int
    derivation: str

    @property
    def division(self) -> str:
        """How people write it."""
        experts = " EP" if self.data > 1 else ""
        return f"TP{self.tensor}" if self.data == 1 else f"TP{self.tensor} DP{self.data}{experts}"


@dataclass(frozen=True, slots=True)
class Figures:
    """Bytes of the weights of the fullest rank, and of the cache of one sequence; why there are none, as a text."""

    weights: int | tuple[int, int] | str
    cache: int | str


def deployments() -> tuple[Deployment, ...]:
    """Return the deployments of the comparison."""
    document = json.loads(DEPLOYMENTS_FILE.read_text(encoding="utf-8"))
    return tuple(Deployment(**fields) for fields in document["deployments"])


def our_figures(deployment: Deployment, config: Mapping[str, Any]) -> Figures:
    """Return what the sizing of this project says."""
    architecture = read_architecture(config)
    settings = EngineSettings(
        engine="vllm",
        version=Version("0.33.0"),
        tensor_parallel_size=deployment.tensor,
        data_parallel_size=deployment.data,
        enable_expert_parallel=deployment.data > 1,
    )
    weights = weight_bytes_per_accelerator(architecture, settings)
    kinds = cache_by_layer_kind(architecture) or ()
    cache = sum(
        kind.bytes_per_token
        * (SEQUENCE_TOKENS if kind.keeps_every_token else min(SEQUENCE_TOKENS, kind.window_tokens or 0))
        for kind in kinds
    )
    if weights is None:
        return Figures("not counted", cache)
    return Figures((weights.optimistic_bytes, weights.pessimistic_bytes), cache)


def main() -> int:
    """Ask every tool about every deployment and print the tables, or write them into a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--write", type=Path, help="the Markdown file to write")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    rows = {row["name"]: row for row in model_rows()}
    repositories: dict[str, Repository] = {}
    lines: list[tuple[Deployment, int, dict[str, Figures]]] = []
    with tempfile.TemporaryDirectory() as home, serve(repositories) as address:
        os.environ.update(HF_ENDPOINT=address, HF_HOME=home, HF_HUB_DISABLE_TELEMETRY="1", NO_PROXY="127.0.0.1")
        for deployment in deployments():
            # The rows leave out what counting needs not; every one of these files states its type.
            config = {"torch_dtype": "bfloat16"} | rows[deployment.model]["config"]
            config.pop("auto_map", None)
            built = build_model({key: value for key, value in config.items() if key != "quantization_config"})
            shapes = {name: tuple(parameter.shape) for name, parameter in built.named_parameters()}
            tensors = stored_tensors(shapes, deployment.format)
            repositories[deployment.model] = Repository(json.dumps(config).encode(), safetensors_header(tensors))
            folder = Path(home) / deployment.model.replace("/", "--")
            folder.mkdir()
            (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
            asked: dict[str, Callable[[], Figures]] = {
                "hf-mem": partial(_ask_hf_mem, deployment, address),
                "llm-d-planner": partial(_ask_llm_d_planner, deployment),
                "aiconfigurator-core": partial(_ask_aiconfigurator, deployment, folder),
            }
            answers = {"NeuroScale": our_figures(deployment, config)}
            answers |= {tool: _answer_or_failure(ask) for tool, ask in asked.items()}
            lines.append((deployment, rank_bytes(tensors, deployment.tensor, deployment.data), answers))
    report = _report(lines)
    if options.write:
        options.write.write_text(report, encoding="utf-8")
    else:
        sys.stdout.write(report)
    return 0


def _answer_or_failure(ask: Callable[[], Figures]) -> Figures:
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return ask()
    except Exception as failure:  # noqa: BLE001 - a peer that fails is a result of the comparison
        return Figures(_failure(failure), _failure(failure))


def _failure(failure: Exception) -> str:
    return f"fails: {type(failure).__name__}"


def _ask_hf_mem(deployment: Deployment, address: str) -> Figures:
    """Ask for the whole model: hf-mem knows no ranks."""
    options = {"experimental": True, "max_model_len": SEQUENCE_TOKENS}
    try:
        result = run_hf_mem(deployment.model, address, **options)
    except Exception as failure:  # noqa: BLE001 - without the experimental part it may still weigh the weights
        return Figures(int(run_hf_mem(deployment.model, address).memory), _failure(failure))
    return Figures(int(result.memory), "no answer" if result.kv_cache is None else int(result.kv_cache))


def _ask_llm_d_planner(deployment: Deployment) -> Figures:
    tool = importlib.import_module("planner.capacity_planner")
    config = tool.get_model_config_from_hf(deployment.model)
    weights = tool.per_gpu_model_memory_required(deployment.model, config, tp=deployment.tensor) * _GIBIBYTE
    try:
        cache = int(tool.kv_cache_req(deployment.model, config, SEQUENCE_TOKENS) * _GIBIBYTE)
    except Exception as failure:  # noqa: BLE001 - its answer on the weights stands
        return Figures(int(weights), _failure(failure))
    return Figures(int(weights), cache)


def _ask_aiconfigurator(deployment: Deployment, folder: Path) -> Figures:
    memory = importlib.import_module("aiconfigurator_core.sdk.memory")
    breakdown = memory.KVCacheEstimator.from_request(
        str(folder),
        "h200_sxm",
        "vllm",
        "current",
        max_num_tokens=8192,
        max_batch_size=1,
        tp_size=deployment.tensor,
        attention_dp_size=deployment.data,
        moe_tp_size=1 if deployment.data > 1 else deployment.tensor,
        moe_ep_size=deployment.data,
        kvcache_quant_mode="bfloat16",
    ).breakdown
    model = breakdown["tokens_from_kv_bytes"].__self__
    # Heads are divided over ranks here, and the comparison is of one copy of the whole model.
    cache = int(model.get_kvcache_bytes_per_sequence(SEQUENCE_TOKENS)) * deployment.tensor
    return Figures(int(breakdown["weights_bytes"]), cache)


def _report(lines: list[tuple[Deployment, int, dict[str, Figures]]]) -> str:
    tools = ("NeuroScale", *_PEERS)
    head = " | ".join(tools)
    rule = "|".join(["---", "---", *["---:"] * (1 + len(tools))])
    weights = [f"| model | ranks | truth, GiB | {head} |", f"|{rule}|"]
    cache = [f"| model | truth, GiB | {head} | derivation |", f"|---|{'---:|' * (1 + len(tools))}---|"]
    for deployment, truth, answers in lines:
        cells = " | ".join(_weights_cell(answers[tool], truth) for tool in tools)
        weights.append(f"| {deployment.model} | {deployment.division} | {truth / _GIBIBYTE:.2f} | {cells} |")
        cells = " | ".join(_cache_cell(answers[tool], deployment.cache_bytes) for tool in tools)
        size = f"{deployment.cache_bytes / _GIBIBYTE:.3f}"
        cache.append(f"| {deployment.model} | {size} | {cells} | {deployment.derivation} |")
    versions = ", ".join(f"{peer} {version(peer)}" for peer in _PEERS)
    return _TEXT.format(versions=versions, weights="\n".join(weights), cache="\n".join(cache))


def _weights_cell(figures: Figures, truth: int) -> str:
    if isinstance(figures.weights, str):
        return figures.weights
    if isinstance(figures.weights, tuple):
        least, most = figures.weights
        inside = "holds it" if least <= truth <= most else f"misses it by {max(least - truth, truth - most):,} B"
        return f"{least / _GIBIBYTE:.2f} to {most / _GIBIBYTE:.2f}, {inside}"
    return f"{figures.weights / _GIBIBYTE:.2f} ({figures.weights / truth - 1:+.1%})"


def _cache_cell(figures: Figures, truth: int) -> str:
    if isinstance(figures.cache, str):
        return figures.cache
    return f"{figures.cache / _GIBIBYTE:.3f} ({figures.cache / truth - 1:+.1%})"


_TEXT = """\
# The memory that tools expect

Ten deployments, four tools and the truth: {versions}.

The truth of the weights is the model as transformers builds it, stored as its publisher stores it and divided over
ranks as vLLM divides it: routed experts over all ranks, norms and routers on every rank, the rest over the
tensor-parallel ranks. Ours is a range, because an engine may pad and replicate: the lower end is certain, the
upper end is what to plan for. hf-mem knows no ranks, so its figure is the whole model; llm-d-planner divides by
tensor and pipeline parallel size and knows no other division of weights; aiconfigurator-core estimates the models
that it knows and refuses the others with a ValueError.

`make peers` installs the tools, asks them and writes this page.

## Weights on the fullest rank

{weights}

## KV cache of one sequence of 32,768 tokens, 16 bits, one copy

{cache}
"""


if __name__ == "__main__":
    sys.exit(main())
