"""What no layout can change: the limits of the demand, of the engine's release and of a kind of accelerator."""

import math

from packaging.version import Version

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm_architectures import implemented_class
from neuroscale.engines.vllm_facts import derived_maximum_tokens, fact_holds
from neuroscale.engines.vllm_model_limits import refuses_float16
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.planning.engine_deployment import ENGINE_IMAGES
from neuroscale.planning.plan import Demand
from neuroscale.planning.speed import SpeedDemand
from neuroscale.sizing.precision import component_bits, unquantised_bits

# The images are built with CUDA 13, which compiles for nothing older than compute capability 7.5.
# Source: vLLM pull request 39878, merged for 0.20.0.
_FIRST_VERSION_WITHOUT_VOLTA = Version("0.20.0")
_VOLTA = (7, 0)

# Beyond what any endpoint serves; far beyond them the replicas are numbers that no cluster can read.
MOST_CONCURRENT_REQUESTS = 1_000_000
MOST_TOKENS_PER_SECOND = 1_000_000_000


def context_length_tokens(architecture: ModelArchitecture, demand: Demand, engine_version: Version) -> int:
    """Return the context that is planned for.

    Raises:
        InvalidInputError: It is more than the model has, or neither the demand nor the model states one.
    """
    maximum = derived_maximum_tokens(architecture, engine_version)
    if demand.context_length_tokens is None:
        if maximum is None:
            raise InvalidInputError(
                "the model does not say how long its context is", field="contextLength", fix="state the length"
            )
        return maximum
    if demand.context_length_tokens < 1:
        raise InvalidInputError("must be at least 1 token", field="contextLength")
    if maximum is not None and demand.context_length_tokens > maximum:
        raise InvalidInputError(
            f"{demand.context_length_tokens} tokens is more than the model's maximum of {maximum}",
            field="contextLength",
            fix=f"ask for at most {maximum}",
        )
    return demand.context_length_tokens


def speed_demand(demand: Demand, context_tokens: int) -> SpeedDemand:
    """Return what is asked of the speed, for requests that fill the context unless shorter ones are stated.

    Raises:
        InvalidInputError: A number of the demand is out of range, or prompt and answer do not fit the context.
    """
    if not 1 <= demand.concurrent_requests <= MOST_CONCURRENT_REQUESTS:
        raise InvalidInputError(f"must be 1 to {MOST_CONCURRENT_REQUESTS:,}", field="concurrency")
    for field, value, most in (
        ("timeToFirstToken", demand.time_to_first_token_seconds, math.inf),
        ("timePerOutputToken", demand.time_per_output_token_seconds, math.inf),
        ("tokensPerSecond", demand.tokens_per_second, MOST_TOKENS_PER_SECOND),
    ):
        if value is not None and not (math.isfinite(value) and 0 < value <= most):
            limit = f" and at most {most:,.0f}" if math.isfinite(most) else ""
            raise InvalidInputError(f"must be above zero{limit}", field=field)
    prompt_tokens, answer_tokens = _lengths(demand, context_tokens)
    return SpeedDemand(
        prompt_tokens=prompt_tokens,
        output_tokens=answer_tokens,
        time_to_first_token_seconds=demand.time_to_first_token_seconds,
        time_per_output_token_seconds=demand.time_per_output_token_seconds,
    )


def _lengths(demand: Demand, context_tokens: int) -> tuple[int, int]:
    """Return the tokens of a typical prompt and of its answer; what is not stated takes the rest of the context."""
    prompt_tokens, answer_tokens = demand.prompt_tokens, demand.answer_tokens
    if answer_tokens is not None and not 1 <= answer_tokens < context_tokens:
        raise InvalidInputError(
            f"{answer_tokens} tokens leave no room for a prompt in a context of {context_tokens}",
            field="answerLength",
            fix=f"state 1 to {context_tokens - 1}" if context_tokens > 1 else "ask for a longer context",
        )
    if prompt_tokens is None:
        prompt_tokens = max(1, context_tokens // 2) if answer_tokens is None else context_tokens - answer_tokens
    elif not 1 <= prompt_tokens < context_tokens:
        raise InvalidInputError(
            f"{prompt_tokens} tokens leave no room for an answer in a context of {context_tokens}",
            field="promptLength",
            fix=f"state 1 to {context_tokens - 1}" if context_tokens > 1 else "ask for a longer context",
        )
    elif answer_tokens is not None and prompt_tokens + answer_tokens > context_tokens:
        raise InvalidInputError(
            f"{answer_tokens} tokens after a prompt of {prompt_tokens} are more than a context of {context_tokens}",
            field="answerLength",
            fix=f"state 1 to {context_tokens - prompt_tokens}",
        )
    return prompt_tokens, max(1, context_tokens - prompt_tokens) if answer_tokens is None else answer_tokens


def refuse_absent_class(architecture: ModelArchitecture, engine_version: Version) -> None:
    """Refuse a release that does not have the model's class.

    Raises:
        InvalidInputError: It does not have it; names the nearest that does.
    """
    known = [implemented_class(name) for name in architecture.class_names]
    missed = [each for each in known if each is not None and each.is_missed(engine_version)]
    if not missed or len(missed) != len(known):
        return
    absent = missed[0]
    if absent.absent_from is not None and engine_version >= absent.absent_from:
        raise InvalidInputError(
            f"vLLM {engine_version} no longer has {absent.name}", field="engine", fix=f"use vllm@{absent.until}"
        )
    raise InvalidInputError(
        f"vLLM {engine_version} does not have {absent.name} yet", field="engine", fix=f"use vllm@{absent.since}"
    )


def refuse_unsized_quantization(architecture: ModelArchitecture, quantization: str | None) -> None:
    """Refuse a method of quantising while loading whose result is not known, or that has nothing to do.

    Raises:
        InvalidInputError: The checkpoint is quantised already, or nothing is known of the method.
    """
    if quantization is None:
        return
    if architecture.quantization is not None:
        raise InvalidInputError(
            f"the checkpoint is quantised already ({architecture.quantization.method})",
            field="quantization",
            fix="leave it out: the engine reads the method from the checkpoint",
        )
    settings = EngineSettings("vllm", quantization=quantization)
    if component_bits("attention", architecture, settings).most >= unquantised_bits(settings):
        raise InvalidInputError(
            f"it is not known what {quantization[:40]!r} makes of weights that are not quantised",
            field="quantization",
            fix="name a method that quantises while loading, such as fp8",
        )


def obstacle(architecture: ModelArchitecture, accelerator: Accelerator, engine_version: Version) -> str | None:
    """Return why no settings at all can serve the model on this kind of accelerator; None when some may."""
    if accelerator.vendor not in ENGINE_IMAGES:
        return f"no engine image is known for accelerators of {accelerator.vendor}"
    if accelerator.bfloat16_flops is None:
        falls_back = fact_holds("auto-data-type-falls-back", engine_version) is True
        if architecture.data_type == "bfloat16" and not falls_back:
            return "it has no bfloat16 arithmetic, which the model is stored in"
        if refuses_float16(architecture.model_type, engine_version):
            return (
                "it has no bfloat16 arithmetic, and vLLM does not compute this type of model in float16: float32 "
                "would be left, at twice the memory"
            )
    if accelerator.compute_capability == _VOLTA and engine_version >= _FIRST_VERSION_WITHOUT_VOLTA:
        return f"vLLM {engine_version} is built for compute capability 7.5 and newer, this device has 7.0"
    return None
