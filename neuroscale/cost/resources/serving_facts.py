"""What of an engine and its model a reviewer wants to see change: model, version, parallelism, context, weights."""

from collections.abc import Iterator
from dataclasses import dataclass

from neuroscale.architecture.labels import shown_parameters
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_facts import derived_maximum_tokens
from neuroscale.rules.subject import Deployment
from neuroscale.sizing.bounds import ByteBounds
from neuroscale.sizing.weights import weight_bytes_per_accelerator

_GIBIBYTE = 2**30
# The engines whose longest context is derived as vLLM does: both are vLLM.
_ENGINES_OF_VLLM = frozenset({"vllm", "huggingfaceserver"})
# The engines whose weights per accelerator are understood.
_SIZED_ENGINES = _ENGINES_OF_VLLM | {"sglang"}
# Every option that sets a parallel size, under the names of all engines.
_PARALLEL_OPTIONS = frozenset(
    {
        "--attn-cp-size",
        "--attn-dp-size",
        "--data-parallel-size",
        "--dp-size",
        "--ep-size",
        "--enable-dp-attention",
        "--enable-expert-parallel",
        "--moe-dp-size",
        "--num-shard",
        "--pipeline-parallel-size",
        "--pp-size",
        "--pp_size",
        "--prefill-context-parallel-size",
        "--tensor-parallel-size",
        "--tp-size",
        "--tp_size",
    }
)


@dataclass(frozen=True, slots=True)
class ServingFacts:
    """An engine and its model.

    Attributes:
        model: The model as it is named; None where the manifest does not say.
        total_parameters: All parameters; None where they are not known.
        active_parameters: Those that compute one token, embeddings and head counted; None where not known.
        is_mixture_of_experts: None where it is not known.
        engine: Name of the engine; None where none was recognised.
        engine_version: Its version; None where the image does not tell.
        parallelism: Sizes above one by their short names, in a fixed order; None where they are not known.
        context_tokens: Longest request; None where it is not known or left to the engine.
        quantization: As the engine is told, or as the checkpoint declares; None without one.
        weights: Weights on the fullest accelerator; None where they are not known.
    """

    model: str | None
    total_parameters: int | None
    active_parameters: int | None
    is_mixture_of_experts: bool | None
    engine: str | None
    engine_version: str | None
    parallelism: tuple[tuple[str, int], ...] | None
    context_tokens: int | None
    quantization: str | None
    weights: ByteBounds | None


def serving_facts(deployment: Deployment) -> ServingFacts:
    """Return what is known of a deployment."""
    workload, architecture, settings = deployment.workload, deployment.architecture, deployment.workload.settings
    parameters = None if architecture is None else architecture.parameters
    parallelism = None if settings is None else _parallelism(settings)
    return ServingFacts(
        model=_model(deployment),
        total_parameters=None if parameters is None else parameters.total,
        active_parameters=None if architecture is None else architecture.active_parameters,
        is_mixture_of_experts=None if architecture is None else architecture.is_mixture_of_experts,
        engine=None if settings is None else settings.engine,
        engine_version=str(settings.version) if settings is not None and settings.version is not None else None,
        parallelism=parallelism,
        context_tokens=None if settings is None else _context_tokens(settings, architecture),
        quantization=_quantization(settings, architecture),
        weights=_weights(settings, architecture) if parallelism is not None and workload.part != "worker" else None,
    )


def model_sentence(facts: ServingFacts) -> str | None:
    """Return the model with its size, e.g. "google/gemma-4-26B-A4B (MoE, 25.8B total, 3.8B active)"."""
    if facts.model is None:
        return None
    kinds = {True: "MoE", False: "dense", None: ""}
    described = [kinds[facts.is_mixture_of_experts]]
    if facts.total_parameters is not None:
        described.append(f"{shown_parameters(facts.total_parameters)} parameters")
        if facts.is_mixture_of_experts and facts.active_parameters is not None:
            described.append(f"{shown_parameters(facts.active_parameters)} active")
    text = ", ".join(each for each in described if each)
    return f"{facts.model} ({text})" if text else facts.model


def described_facts(facts: ServingFacts) -> Iterator[tuple[str, str | None]]:
    """Yield each fact by name, as people read it; None where it is not known or does not apply."""
    yield "model", model_sentence(facts)
    version = facts.engine_version
    yield "engine", facts.engine if facts.engine is None or version is None else f"{facts.engine} {version}"
    if facts.parallelism is None:
        yield "parallelism", None
    else:
        yield "parallelism", ", ".join(f"{name} {size}" for name, size in facts.parallelism) or "none"
    yield "context", None if facts.context_tokens is None else f"{facts.context_tokens:,} tokens"
    yield "quantization", facts.quantization
    yield "weights per accelerator", None if facts.weights is None else weights_sentence(facts.weights)


def weights_sentence(weights: ByteBounds) -> str:
    """Return weights in GiB, as a range where their bounds differ."""
    least, most = (f"{each / _GIBIBYTE:.1f}" for each in (weights.optimistic_bytes, weights.pessimistic_bytes))
    return f"{least} GiB" if least == most else f"{least} to {most} GiB"


def _model(deployment: Deployment) -> str | None:
    workload = deployment.workload
    if workload.model is not None:
        return workload.model.text
    return workload.settings.model if workload.settings is not None else None


def _parallelism(settings: EngineSettings) -> tuple[tuple[str, int], ...] | None:
    if any(option in _PARALLEL_OPTIONS for option in settings.unresolved):
        return None
    sizes = (
        ("TP", settings.tensor_parallel_size),
        ("PP", settings.pipeline_parallel_size),
        ("DP", settings.data_parallel_size),
        ("attention DP", settings.attention_data_parallel_size),
        ("prefill CP", settings.prefill_context_parallel_size),
        ("decode CP", settings.decode_context_parallel_size),
        ("EP", _expert_parallel_size(settings)),
    )
    return tuple((name, size) for name, size in sizes if size > 1)


def _expert_parallel_size(settings: EngineSettings) -> int:
    if settings.expert_parallel_size is not None:
        return settings.expert_parallel_size
    if not settings.enable_expert_parallel:
        return 1
    return settings.tensor_parallel_size * settings.prefill_context_parallel_size * settings.data_parallel_size


def _context_tokens(settings: EngineSettings, architecture: ModelArchitecture | None) -> int | None:
    stated = settings.maximum_model_length_tokens
    if isinstance(stated, int):
        return stated
    if stated == "auto" or architecture is None or settings.engine not in _ENGINES_OF_VLLM:
        return None
    return derived_maximum_tokens(architecture, settings.version)


def _quantization(settings: EngineSettings | None, architecture: ModelArchitecture | None) -> str | None:
    if settings is not None and settings.quantization is not None:
        return settings.quantization
    declared = None if architecture is None else architecture.quantization
    return None if declared is None else declared.method


def _weights(settings: EngineSettings | None, architecture: ModelArchitecture | None) -> ByteBounds | None:
    if settings is None or architecture is None or settings.engine not in _SIZED_ENGINES:
        return None
    return weight_bytes_per_accelerator(architecture, settings)
