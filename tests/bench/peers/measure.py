"""Compare the reader with its peers on the same models: `python -m tests.bench.peers.measure`.

Needs the dependency group `model-builds`. The truth is the model itself, built on the meta device. The peers read a
hub on the loopback interface, which serves the configuration and the tensors of that very model; the reader gets
the configuration's text and has no use for the tensors.
"""

import importlib
import json
import math
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO

from neuroscale.architecture.reader import read_architecture
from tests.architecture.ground_truth_rows import model_rows
from tests.architecture.model_builds.build import build_model
from tests.bench.peers.hf_mem import run_hf_mem
from tests.bench.peers.hub import Repository, StoredTensor, safetensors_header, serve

MODELS = (
    "meta-llama/Meta-Llama-3.1-8B",
    "mistralai/Mixtral-8x7B-v0.1",
    "Qwen/Qwen3-30B-A3B",
    "openai/gpt-oss-120b",
    "google/gemma-4-26B-A4B",
    "ibm-granite/granite-4.0-h-micro",
    "ibm-granite/granite-4.0-h-small",
    "Qwen/Qwen3.5-35B-A3B",
    "deepseek-ai/DeepSeek-V3",
    "zai-org/GLM-4.5",
)
_READER = "NeuroScale"
_READER_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool says of a model: parameters, and whether it is a Mixture-of-Experts (None: it does not say)."""

    parameters: int
    is_mixture_of_experts: bool | None = None
    active_parameters: int | None = None


def main() -> int:
    """Measure every tool on every model and print a table; return 1 when the reader differs from the build.

    The first build is not measured: it pays for the imports.
    """
    warnings.simplefilter("ignore")
    rows = {row["name"]: row for row in model_rows()}
    repositories: dict[str, Repository] = {}
    with tempfile.TemporaryDirectory() as home, serve(repositories) as address:
        # The hub's client reads them once, when the first library imports it.
        os.environ.update(HF_ENDPOINT=address, HF_HOME=home, HF_HUB_DISABLE_TELEMETRY="1", NO_PROXY="127.0.0.1")
        build_model({"model_type": "llama", "num_hidden_layers": 1})
        differing = 0
        for name in MODELS:
            row = rows[name]
            # Foreign code is not to be had from this hub, and every tool knows these models without it.
            config = {field: value for field, value in row["config"].items() if field != "auto_map"}
            started = time.perf_counter()
            tensors = {tensor: tuple(value.shape) for tensor, value in build_model(config).named_parameters()}
            build_seconds = time.perf_counter() - started
            repositories[name] = Repository(
                json.dumps(config).encode(),
                safetensors_header({tensor: StoredTensor("BF16", shape) for tensor, shape in tensors.items()}),
            )
            truth = Answer(sum(map(math.prod, tensors.values())), row["is_moe"], row["active_params"])
            differing += not _report(name, truth, build_seconds, repositories[name].config, _peers(address))
    return 1 if differing else 0


def _report(
    name: str, truth: Answer, build_seconds: float, text: bytes, peers: Mapping[str, Callable[[str], Answer]]
) -> bool:
    answer, baseline = _read(text), _median_seconds(lambda: _read(text))
    _line(f"\n{name}: {truth.parameters:,} parameters, {'MoE' if truth.is_mixture_of_experts else 'dense'}")
    _line(f"  {'tool':<14}{'parameters':>20}{'error':>9}  {'MoE':<6}{'active':>17}{'milliseconds':>14}{'ratio':>9}")
    _row(_READER, answer, truth, baseline, baseline)
    _row("meta build", truth, truth, build_seconds, baseline)
    for peer, ask in peers.items():
        started = time.perf_counter()
        try:
            with redirect_stdout(StringIO()):
                said = ask(name)
        except Exception as failure:  # noqa: BLE001 - a peer that fails is a result of the comparison
            _line(f"  {peer:<14}fails: {type(failure).__name__}: {str(failure).splitlines()[0][:80]}")
            continue
        _row(peer, said, truth, time.perf_counter() - started, baseline)
    return answer == truth


def _read(text: bytes) -> Answer:
    architecture = read_architecture(json.loads(text))
    total = 0 if architecture.parameters is None else architecture.parameters.total
    return Answer(total, architecture.is_mixture_of_experts, architecture.active_parameters)


def _peers(address: str) -> dict[str, Callable[[str], Answer]]:
    return {
        "hf-mem": lambda name: _ask_hf_mem(name, address),
        "llm-d-planner": _ask_llm_d_planner,
        "accelerate": _ask_accelerate,
    }


def _ask_hf_mem(name: str, address: str) -> Answer:
    return Answer(int(run_hf_mem(name, address).memory) // 2)


def _ask_llm_d_planner(name: str) -> Answer:
    tool = importlib.import_module("planner.capacity_planner")
    text = tool.get_text_config(tool.get_model_config_from_hf(name))
    return Answer(tool.model_total_params(name), bool(tool.is_moe(text)))


def _ask_accelerate(name: str) -> Answer:
    model = importlib.import_module("accelerate.commands.estimate").create_empty_model(name, "transformers")
    return Answer(sum(parameter.numel() for parameter in model.parameters()))


def _median_seconds(measured: Callable[[], object]) -> float:
    seconds = []
    for _ in range(_READER_ROUNDS):
        started = time.perf_counter()
        measured()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _row(tool: str, answer: Answer, truth: Answer, seconds: float, baseline: float) -> None:
    error = (answer.parameters - truth.parameters) / truth.parameters
    kind = "-" if answer.is_mixture_of_experts is None else "MoE" if answer.is_mixture_of_experts else "dense"
    wrong = "!" if answer.is_mixture_of_experts not in {None, truth.is_mixture_of_experts} else ""
    active = "-" if answer.active_parameters is None else f"{answer.active_parameters:,}"
    _line(
        f"  {tool:<14}{answer.parameters:>20,}{error:>9.2%}  {kind + wrong:<6}{active:>17}"
        f"{seconds * 1000:>14.2f}{seconds / baseline:>9.0f}"
    )


def _line(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
