"""vLLM: its argument vector and environment to EngineSettings."""

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from packaging.version import Version

from neuroscale.engines.settings import ArgumentProblem, EngineSettings
from neuroscale.engines.values import read_fraction, read_human_readable_integer, read_integer
from neuroscale.engines.vllm_arguments import ParsedArguments, parse_arguments
from neuroscale.engines.vllm_options import option_tables
from neuroscale.engines.words import Word


def read_vllm_settings(
    words: Sequence[Word],
    version: Version | None,
    environment: Mapping[str, str],
    *,
    model_is_positional: bool = True,
) -> EngineSettings:
    """Return the settings of a vLLM server started with `words`.

    Args:
        words: The arguments after `vllm serve`, or after the module of `python -m`.
        version: The engine's version; None when unknown, and then only what holds for every version is a problem.
        environment: The container's literal environment.
        model_is_positional: True for `vllm serve MODEL`, False for the api_server module, which has `--model` only.
    """
    parsed = parse_arguments(words, option_tables(version))
    return settings_from(parsed, version, environment, engine="vllm", model_is_positional=model_is_positional)


def settings_from(
    parsed: ParsedArguments,
    version: Version | None,
    environment: Mapping[str, str],
    *,
    engine: str,
    model_is_positional: bool,
) -> EngineSettings:
    """Return the settings that parsed vLLM options stand for."""
    problems = list(parsed.problems)
    model = parsed.options.get("--model")
    stray = list(parsed.positionals)
    if model_is_positional and stray:
        positional = stray.pop(0)
        # The engine moves a --model value to the front, where it wins over a later positional.
        model = model or positional.text
    problems.extend(
        ArgumentProblem(
            "unknown-option",
            word.text,
            word.text,
            f"unrecognized arguments: {word.text}; the engine exits with code 2",
            word.position,
        )
        for word in stray
        if word.is_resolved
    )
    read = _OptionReader(parsed, problems)
    unresolved = list(parsed.unresolved)
    if "--config" in parsed.options and "--config" not in unresolved:
        unresolved.append("--config")
    return EngineSettings(
        engine=engine,
        version=version,
        model=model,
        served_model_names=tuple(parsed.options.get("--served-model-name", "").split()),
        tensor_parallel_size=read.size("--tensor-parallel-size"),
        pipeline_parallel_size=read.size("--pipeline-parallel-size"),
        prefill_context_parallel_size=read.size("--prefill-context-parallel-size"),
        decode_context_parallel_size=read.size("--decode-context-parallel-size"),
        data_parallel_size=read.size("--data-parallel-size"),
        data_parallel_size_local=read.optional_size("--data-parallel-size-local"),
        enable_expert_parallel=parsed.options.get("--enable-expert-parallel") == "true",
        maximum_model_length_tokens=read.model_length(),
        maximum_sequences=read.optional_size("--max-num-seqs"),
        gpu_memory_utilization=read.fraction("--gpu-memory-utilization"),
        quantization=parsed.options.get("--quantization"),
        kv_cache_data_type=parsed.options.get("--kv-cache-dtype"),
        data_type=parsed.options.get("--dtype"),
        configuration_overrides=read.json_object("--hf-overrides"),
        options=dict(parsed.options),
        positions=dict(parsed.positions),
        problems=tuple(problems),
        unresolved=tuple(unresolved),
        environment=dict(environment),
    )


class _OptionReader:
    """Typed access to parsed options; adds a problem for a value the engine refuses after parsing."""

    def __init__(self, parsed: ParsedArguments, problems: list[ArgumentProblem]) -> None:
        self._parsed = parsed
        self._problems = problems

    def size(self, name: str) -> int:
        return self.optional_size(name) or 1

    def optional_size(self, name: str) -> int | None:
        text = self._parsed.options.get(name)
        value = None if text is None else read_integer(text)
        if value is not None and value < 1:
            self._refuse(name, f"{name} must be at least 1, not {value}")
            return None
        return value

    def fraction(self, name: str) -> float | None:
        text = self._parsed.options.get(name)
        value = None if text is None else read_fraction(text)
        if value is not None and not 0 < value <= 1:
            self._refuse(name, f"{name} must be greater than 0 and at most 1, not {text}")
            return None
        return value

    def model_length(self) -> int | Literal["auto"] | None:
        name = "--max-model-len"
        text = self._parsed.options.get(name)
        if text is None:
            return None
        if text.strip().lower() in {"auto", "-1"}:
            return "auto"
        value = read_human_readable_integer(text)
        if value is not None and value < 1:
            self._refuse(name, f"{name} must be at least 1, not {text}")
            return None
        return value

    def json_object(self, name: str) -> Mapping[str, object]:
        text = self._parsed.options.get(name)
        if text is None:
            return {}
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            self._refuse(name, f"{name} needs a JSON object, not {text[:80]!r}")
            return {}
        return value

    def _refuse(self, name: str, message: str) -> None:
        position = self._parsed.positions[name]
        self._problems.append(ArgumentProblem("invalid-value", name, self._parsed.options[name], message, position))
