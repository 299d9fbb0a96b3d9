"""Mutations for SGLang: good deployments with one setting changed, and every shape of parallelism of every model.

The recorder and the test make the same list, so that a recorded outcome is found by what it is about.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from tests.rules.mutation.cases import Case
from tests.rules.mutation.models import catalogue, model_names

NEWEST = "0.5.23"
_IMAGE = "lmsysorg/sglang:v"
_RULES_FOLDER = Path(__file__).parent.parent
# Of one option only one spelling may stand in a case, or which one counts depends on the order.
_NAMES = {
    "--tp": "--tp-size",
    "--tensor-parallel-size": "--tp-size",
    "--dp": "--dp-size",
    "--data-parallel-size": "--dp-size",
    "--ep": "--ep-size",
    "--expert-parallel-size": "--ep-size",
}
# They say what an endpoint is called and where it or its nodes listen, which changes nothing of what is asked.
_SAYS_NOTHING = ("--model-path=", "--served-model-name=", "--port=", "--host=", "--dist-init-addr=", "--node-rank=")

# They never start: the first has a vision tower in FP8, the engine has no class of the second, and the third is
# known here by another class than the published one.
_NOT_ASKED = frozenset(
    {"acme/Gemma-4-26B-A4B-FP8-Block", "ai21labs/AI21-Jamba2-Mini", "microsoft/Phi-3.5-MoE-instruct"}
)
_TENSOR_SIZES = (1, 2, 3, 4, 6, 8, 16, 32)
_EXPERT_SIZES = (1, 2, 8)
_ATTENTION_COPIES = (1, 2)
# Every mutation is tried with these; with the good fixtures the first value of each option, and the first switches.
_FULLY_MUTATED = (
    "Qwen/Qwen3-30B-A3B",
    "Qwen/Qwen3-32B-FP8",
    "deepseek-ai/DeepSeek-V3",
    "openai/gpt-oss-120b",
    "meta-llama/Meta-Llama-3.1-8B",
)
_SWITCHES_OF_FIXTURES = 11
_SINGLE: Mapping[str, Sequence[str]] = {
    "--tp-size": ("16", "1", "3", "4", "7"),
    "--pp-size": ("2", "3"),
    "--dp-size": ("2", "3"),
    "--ep-size": ("8", "2", "3", "4"),
    "--attn-dp-size": ("2", "3", "4"),
    "--attn-cp-size": ("2",),
    "--moe-dp-size": ("2", "3"),
    "--moe-dense-tp-size": ("2", "1", "8"),
    "--moe-a2a-backend": ("deepep", "none", "mooncake", "flashinfer", "nccl"),
    "--moe-runner-backend": ("deep_gemm", "auto", "triton", "flashinfer_cutlass"),
    "--nnodes": ("2", "3"),
    "--quantization": ("fp8", "awq", "gptq", "awq_marlin", "compressed-tensors", "mxfp4", "w8a8_int8", "int3"),
    "--page-size": ("100", "1", "64"),
    "--context-length": ("1048577", "1024", "40961", "131073"),
    "--chunked-prefill-size": ("100", "-1", "4096"),
    "--kv-cache-dtype": ("fp8_e5m2", "fp8_e4m3", "bf16", "fp8"),
    "--dtype": ("float16", "float32", "float8"),
    "--disaggregation-mode": ("prefill", "decode", "both"),
    "--speculative-algorithm": ("NEXTN", "EAGLE", "EAGLE3", "NGRAM"),
    "--attention-backend": ("fa3", "flashinfer", "triton", "torch_native", "flash_attn"),
    "--mem-fraction-static": ("0.5", "0.95"),
    "--max-running-requests": ("1", "64"),
    "--ep-num-redundant-experts": ("4", "8"),
}
_SWITCHES: Sequence[Sequence[str]] = (
    ("--enable-dp-attention",),
    ("--enable-dp-attention=true",),
    ("--enable-eplb",),
    ("--disable-radix-cache",),
    ("--enable-mixed-chunk",),
    ("--enable-two-batch-overlap",),
    ("--enable-metrics",),
    ("--tp-size=2", "--dp-size=2", "--enable-dp-attention"),
    ("--tp-size=4", "--dp-size=3", "--enable-dp-attention"),
    ("--tp-size=4", "--dp-size=8", "--enable-dp-attention"),
    ("--tp-size=8", "--dp-size=8", "--enable-dp-attention", "--moe-a2a-backend=deepep"),
    ("--tp-size=8", "--attn-dp-size=4", "--dp-size=2"),
    ("--tp-size=8", "--attn-dp-size=2", "--attn-cp-size=2"),
    ("--tp-size=8", "--attn-cp-size=3"),
    ("--tp-size=8", "--ep-size=4", "--moe-dp-size=2"),
    ("--tp-size=8", "--ep-size=2", "--moe-dp-size=2"),
    ("--tp-size=6", "--moe-a2a-backend=deepep"),
    ("--tp-size=8", "--ep-size=8", "--enable-eplb", "--ep-num-redundant-experts=8"),
    ("--tp-size=8", "--ep-size=8", "--enable-eplb", "--ep-num-redundant-experts=4"),
    ("--tp-size=4", "--nnodes=8"),
    ("--dp-size=2", "--nnodes=2"),
    ("--tp-size=6", "--dp-size=3", "--enable-dp-attention", "--ep-size=4"),
)


def all_cases(version: str = NEWEST) -> tuple[Case, ...]:
    """Return every case of one release, each once, in a stable order."""
    cases = {*_shapes()}
    for model in _FULLY_MUTATED:
        cases.update(_mutations_of(Case(model, ()), _SINGLE, _SWITCHES))
    first_values = {option: values[:1] for option, values in _SINGLE.items()}
    for fixture in good_fixtures():
        cases.update(_mutations_of(fixture, first_values, _SWITCHES[:_SWITCHES_OF_FIXTURES]))
    return tuple(replace(case, version=version) for case in sorted(cases, key=repr))


def good_fixtures() -> tuple[Case, ...]:
    """Return the deployments of SGLang with written arguments among the good fixtures of any release, each once."""
    files = sorted(_RULES_FOLDER.glob("*/*/ok-*.yaml"))
    found = {case for file in files for case in _cases_in(yaml.safe_load_all(file.read_text(encoding="utf-8")))}
    return tuple(sorted(found, key=repr))


def asked_models() -> tuple[str, ...]:
    """Return the repositories that every shape is tried with."""
    return tuple(model for model in model_names() if model not in _NOT_ASKED)


def _mutations_of(
    base: Case, single: Mapping[str, Sequence[str]], switches: Sequence[Sequence[str]]
) -> Iterator[Case]:
    yield base
    for option, values in single.items():
        for value in values:
            yield base.with_arguments(f"{option}={value}")
    for options in switches:
        yield base.with_arguments(*options)
    for argument in base.arguments:
        yield replace(base, arguments=tuple(each for each in base.arguments if each != argument))


def _shapes() -> Iterator[Case]:
    for model in asked_models():
        for tensor, groups, copies in product(_TENSOR_SIZES, _EXPERT_SIZES, _ATTENTION_COPIES):
            if groups > tensor or copies > tensor or (groups > 1 and copies > 1):
                continue
            yield Case(model, ()).with_arguments(
                *([f"--tp-size={tensor}"] if tensor > 1 else []),
                *([f"--ep-size={groups}"] if groups > 1 else []),
                *([f"--dp-size={copies}", "--enable-dp-attention"] if copies > 1 else []),
            )


def _cases_in(documents: Iterator[Any]) -> Iterator[Case]:
    for document in documents:
        specification = document.get("spec", {})
        pod = specification.get("predictor") or specification.get("template", {}).get("spec") or {}
        for container in pod.get("containers") or []:
            if str(container.get("image")).startswith(_IMAGE):
                yield from _case_in(container.get("args") or [])


def _case_in(arguments: Sequence[str]) -> Iterator[Case]:
    """Yield what a container says with a model that is at hand."""
    models = [argument.partition("=")[2] for argument in arguments if argument.startswith("--model-path=")]
    if not models or catalogue().find(models[-1]) is None:
        return
    options = [_with_one_name(each) for each in arguments if not each.startswith(_SAYS_NOTHING)]
    if all(each.startswith("--") and "$" not in each for each in options):
        yield Case(models[-1], tuple(sorted(options)))


def _with_one_name(argument: str) -> str:
    name, sign, value = argument.partition("=")
    return f"{_NAMES.get(name, name)}{sign}{value}"
