"""Mutations: deployments that differ in one setting from a good one, and every shape of parallelism of every model.

The recorder and the test make the same list, so that a recorded outcome is found by what it is about.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from neuroscale.architecture.model import ModelArchitecture
from tests.rules.mutation.models import catalogue, model_names

ENGINE_IMAGE = "vllm/vllm-openai:v"
NEWEST = "0.33.0"
_PROFILE = "neuroscale.dev/model-profile"
_RULES_FOLDER = Path(__file__).parent.parent

_TENSOR_SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 20, 32, 64)
_DATA_SIZES = (1, 2, 3, 16)
# Data-parallel ranks of a dense model are engines of their own: one size shows it.
_DATA_SIZES_OF_DENSE_MODELS = (1, 4)
_BALANCED = ("--enable-expert-parallel", "--enable-eplb")
_SINGLE: Mapping[str, Sequence[str]] = {
    "--tensor-parallel-size": ("1", "2", "7", "8", "16"),
    "--pipeline-parallel-size": ("2", "3"),
    "--data-parallel-size": ("2", "3", "16"),
    "--decode-context-parallel-size": ("2",),
    "--quantization": ("fp8", "awq", "gptq", "awq_marlin", "compressed-tensors", "mxfp4"),
    "--max-model-len": ("1024", "40961", "131072", "1048577"),
    "--max-num-batched-tokens": ("64",),
    "--kv-cache-dtype": ("fp8", "bfloat16", "int3"),
    "--dtype": ("float16", "float32", "float8"),
}
_SWITCHES: Sequence[Sequence[str]] = (
    ("--enable-expert-parallel",),
    ("--enable-expert-parallel=true",),
    ("--enable-eplb",),
    ("--eplb-config.num_redundant_experts=8",),
    (*_BALANCED, "--tensor-parallel-size=2"),
    (*_BALANCED, "--tensor-parallel-size=2", "--eplb-config.num_redundant_experts=1"),
    (*_BALANCED, "--tensor-parallel-size=2", "--eplb-config.num_redundant_experts=8"),
    (*_BALANCED, "--data-parallel-size=3"),
    ("--tensor-parallel-size=8", "--decode-context-parallel-size=2"),
    ("--tensor-parallel-size=8", "--decode-context-parallel-size=3"),
    ("--data-parallel-size=4", "--data-parallel-rank=1", "--data-parallel-address=ranks"),
)
_ACCELERATORS = (1, 4)
# They say what an endpoint is called or where it listens, which changes nothing of what is recorded.
_SAYS_NOTHING = ("--served-model-name=", "--port=", "--host=")
# The engine cannot be asked about these where it does not run as its parent would start it, or where the model that
# drafts is not at hand.
_NOT_ASKED = ("--config=", "--data-parallel-size-local=0", "--speculative-config")


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """One deployment.

    Attributes:
        model: Repository.
        arguments: Options of the engine beside the model, sorted.
        accelerators: How many the pod asks for; None where it does not say.
        version: Release of vLLM.
    """

    model: str
    arguments: tuple[str, ...]
    accelerators: int | None = None
    version: str = NEWEST

    def with_arguments(self, *arguments: str) -> "Case":
        """Return the case with some options set: of one option the last value counts."""
        kept = {_option(argument): argument for argument in (*self.arguments, *arguments)}
        return replace(self, arguments=tuple(sorted(kept.values())))


def all_cases(version: str = NEWEST) -> tuple[Case, ...]:
    """Return every case of one release, each once, in a stable order."""
    cases = {*_shapes(), *(mutation for base in _bases() for mutation in mutations_of(base))}
    return tuple(replace(case, version=version) for case in sorted(cases, key=repr))


def mutations_of(base: Case) -> Iterator[Case]:
    """Yield a deployment and what it becomes by one setting after another."""
    yield base
    for option, values in _SINGLE.items():
        for value in values:
            yield base.with_arguments(f"{option}={value}")
    for switches in _SWITCHES:
        yield base.with_arguments(*switches)
    for accelerators in _ACCELERATORS:
        yield replace(base, accelerators=accelerators)
    for argument in base.arguments:
        yield replace(base, arguments=tuple(each for each in base.arguments if each != argument))
    if base.arguments and base.accelerators is None:
        for model in model_names():
            yield replace(base, model=model)


def good_fixtures() -> tuple[Case, ...]:
    """Return the deployments of vLLM with written arguments among the good fixtures, each once."""
    files = sorted(_RULES_FOLDER.glob("*/*/ok-*.yaml"))
    found = {case for file in files for case in _cases_in(yaml.safe_load_all(file.read_text(encoding="utf-8")))}
    return tuple(sorted(found, key=repr))


def _bases() -> Iterator[Case]:
    yield from good_fixtures()
    for model in model_names():
        yield Case(model, ())


def _shapes() -> Iterator[Case]:
    for model in model_names():
        data_sizes = _DATA_SIZES if _architecture(model).experts else _DATA_SIZES_OF_DENSE_MODELS
        for tensor, data, expert_parallel in product(_TENSOR_SIZES, data_sizes, (False, True)):
            yield Case(model, ()).with_arguments(
                *([f"--tensor-parallel-size={tensor}"] if tensor > 1 else []),
                *([f"--data-parallel-size={data}"] if data > 1 else []),
                *(["--enable-expert-parallel"] if expert_parallel else []),
            )


def _architecture(model: str) -> ModelArchitecture:
    architecture = catalogue().find(model)
    assert architecture is not None, model
    return architecture


def _cases_in(documents: Iterator[Any]) -> Iterator[Case]:
    for document in documents:
        if _PROFILE in (document["metadata"].get("annotations") or {}):
            # It brings a model of its own.
            continue
        specification = document.get("spec", {})
        pod = specification.get("predictor") or specification.get("template", {}).get("spec") or {}
        for container in pod.get("containers") or []:
            case = _case_in(container)
            if case is not None:
                yield case


def _case_in(container: Mapping[str, Any]) -> Case | None:
    """Read a container that says everything itself, of the newest release, with a model that is at hand."""
    arguments = container.get("args") or []
    if container.get("image") != f"{ENGINE_IMAGE}{NEWEST}" or container.get("command") or container.get("env"):
        return None
    if not all(argument.startswith("--") and "$" not in argument for argument in arguments):
        return None
    models = [argument.partition("=")[2] for argument in arguments if argument.startswith("--model=")]
    options = tuple(sorted(each for each in arguments if not each.startswith(("--model=", *_SAYS_NOTHING))))
    if not models or catalogue().find(models[-1]) is None or any(each.startswith(_NOT_ASKED) for each in options):
        return None
    count = ((container.get("resources") or {}).get("limits") or {}).get("nvidia.com/gpu")
    return Case(models[-1], options, None if count is None else int(count))


def _option(argument: str) -> str:
    return argument.partition("=")[0]
