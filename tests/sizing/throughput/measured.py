"""Published measurements, and what the throughput model says of the same deployments."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.sizing.throughput.decode import decode_step
from neuroscale.sizing.throughput.estimate import PhaseEstimate, SecondsBounds
from neuroscale.sizing.throughput.prefill import prefill

FOLDER = Path(__file__).parent / "measurements"
SCHEMA = FOLDER / "measurements.schema.json"
_FORMATS = FOLDER / "weight-formats.json"
_BATCHED_TOKENS = 8192
_ENGINES = {"vLLM": "vllm", "SGLang": "sglang", "TensorRT-LLM": "tensorrt-llm"}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One published figure; the fields are those of the schema."""

    source: str
    model: str
    accelerator: str
    engine: str
    tensor_parallel_size: int
    measured: str
    requests: int
    prompt_tokens: int
    output_tokens: int
    seconds: float
    published: str
    weights: str | None = None
    cache: str | None = None
    eager: bool = False
    expert_parallel: bool = False
    attention_data_parallel: bool = False
    data_parallel_size: int = 1
    outside: str | None = None

    @property
    def is_inside(self) -> bool:
        """Whether the measured time lies in the predicted range."""
        bounds = predicted(self)
        return bounds.optimistic_seconds <= self.seconds <= bounds.pessimistic_seconds


def measurement_files() -> list[Path]:
    """Return the files of measurements, in the order of their names."""
    return sorted(path for path in FOLDER.glob("*.json") if path not in {SCHEMA, _FORMATS})


def document(path: Path) -> Any:
    """Return a JSON document."""
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def measurements(path: Path) -> tuple[Measurement, ...]:
    """Return the measurements of one file."""
    content = document(path)
    return tuple(Measurement(source=content["source"], **record) for record in content["measurements"])


@cache
def architecture(model: str, weights: str | None) -> ModelArchitecture:
    """Return a model of the shipped catalogue, in another format where one is named."""
    entry = load_catalogue().entry(model)
    assert entry is not None, model
    stored = {} if weights is None else {"quantization_config": document(_FORMATS)[weights]}
    return read_architecture({**entry.config, **stored})


def settings(measurement: Measurement) -> EngineSettings:
    """Return what the engine was told, as far as it bears on its speed."""
    engine = _ENGINES[measurement.engine.partition(" ")[0]]
    ranks = measurement.tensor_parallel_size if measurement.expert_parallel else None
    return EngineSettings(
        engine,
        tensor_parallel_size=measurement.tensor_parallel_size,
        enable_expert_parallel=measurement.expert_parallel and engine == "vllm",
        expert_parallel_size=None if engine == "vllm" else ranks,
        attention_data_parallel_size=measurement.tensor_parallel_size if measurement.attention_data_parallel else 1,
        data_parallel_size=measurement.data_parallel_size,
        kv_cache_data_type=measurement.cache,
        options={"--enforce-eager": "true"} if measurement.eager else {},
    )


@cache
def predicted(measurement: Measurement) -> SecondsBounds:
    """Return the range for what was measured.

    A request alone is its prefill and a step for every further token. A batch is the prefill of all its prompts,
    about 8192 tokens at a time as if they were one, and a step for every further token of all. While requests come
    and go, the prompt of every other request is computed once between the first and the last token of an answer; at
    the least each of them carries a step along. Copies of the attention compute their prompts at the same time, so
    that the prompts of all of them count as one.
    """
    mean_context = measurement.prompt_tokens + measurement.output_tokens // 2
    step = _step(measurement, mean_context)
    if measurement.measured == "prefill":
        return _prefill(measurement, measurement.prompt_tokens).seconds
    if measurement.measured == "time-per-output-token":
        prompt = _prefill(measurement, measurement.prompt_tokens).seconds
        prompts = (measurement.requests / _copies(measurement) - 1) / measurement.output_tokens
        carried = max(0.0, prompt.optimistic_seconds - step.seconds.optimistic_seconds)
        return SecondsBounds(
            step.seconds.optimistic_seconds + prompts * carried,
            step.seconds.pessimistic_seconds + prompts * prompt.pessimistic_seconds,
        )
    tokens = measurement.prompt_tokens * measurement.requests
    batches = max(1, round(tokens / _BATCHED_TOKENS)) if measurement.requests > 1 else 1
    batch = _prefill(measurement, tokens // batches).seconds
    steps = measurement.output_tokens - 1
    return SecondsBounds(
        batches * batch.optimistic_seconds + steps * step.seconds.optimistic_seconds,
        batches * batch.pessimistic_seconds + steps * step.seconds.pessimistic_seconds,
    )


def _copies(measurement: Measurement) -> int:
    """Return how many copies of the attention there are, each with requests of its own."""
    inside = measurement.tensor_parallel_size if measurement.attention_data_parallel else 1
    return inside * measurement.data_parallel_size


def _step(measurement: Measurement, context_tokens: int) -> PhaseEstimate:
    estimate = decode_step(
        architecture(measurement.model, measurement.weights),
        settings(measurement),
        accelerator_by_name(measurement.accelerator),
        max(1, measurement.requests // _copies(measurement)),
        context_tokens,
    )
    assert estimate is not None
    return estimate


def _prefill(measurement: Measurement, prompt_tokens: int) -> PhaseEstimate:
    estimate = prefill(
        architecture(measurement.model, measurement.weights),
        settings(measurement),
        accelerator_by_name(measurement.accelerator),
        prompt_tokens,
    )
    assert estimate is not None
    return estimate
