"""vLLM: its argument vector and environment to EngineSettings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from packaging.version import Version

from neuroscale.engines.arguments import ParsedArguments, parse_arguments
from neuroscale.engines.option_values import BOOLEAN_TEXTS, OptionReader, stray_problem
from neuroscale.engines.settings import ArgumentProblem, EngineSettings
from neuroscale.engines.values import read_human_readable_integer
from neuroscale.engines.vllm_configuration_file import with_configuration_file
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.engines.vllm_options import option_tables
from neuroscale.engines.words import Word


def read_vllm_settings(
    words: Sequence[Word],
    version: Version | None,
    environment: Mapping[str, str],
    *,
    model_is_positional: bool = True,
    files: Mapping[str, str] = MappingProxyType({}),
) -> EngineSettings:
    """Return the settings of a vLLM server started with `words`.

    Args:
        words: The arguments after `vllm serve`, or after the module of `python -m`.
        version: The engine's version; None when unknown, and then only what holds for every version is a problem.
        environment: The container's literal environment.
        model_is_positional: True for `vllm serve MODEL`, False for the api_server module, which has `--model` only.
        files: Texts of the files that are known to be in the container, by path, for `--config`.
    """
    problems: tuple[ArgumentProblem, ...] = ()
    if model_is_positional:
        problems = tuple(_misplaced_model_problems(words, version))
        words = _with_model_first(words, version)
    configured = with_configuration_file(words, files, version, model_is_positional=model_is_positional)
    parsed = parse_arguments(configured.words, option_tables(version), first_is_model=model_is_positional)
    parsed.problems[:0] = (*problems, *configured.problems)
    settings = settings_from(parsed, version, environment, engine="vllm", model_is_positional=model_is_positional)
    return replace(settings, ignored=configured.ignored) if configured.ignored else settings


def _model_option(words: Sequence[Word]) -> int | None:
    """Return the index of a `--model` that `vllm serve` looks for before it parses anything."""
    return next((index for index, word in enumerate(words) if re.match(r"--model(=.|$)", word.text)), None)


def _with_model_first(words: Sequence[Word], version: Version | None) -> Sequence[Word]:
    """Move the value of `--model` to the front, as `vllm serve` does in the versions that accept the option."""
    index = _model_option(words)
    if index is None or fact_holds("serve-accepts-model-option", version) is False:
        return words
    word = words[index]
    if word.text == "--model":
        return [*words[index + 1 : index + 2], *words[:index], *words[index + 2 :]]
    is_resolved_to = None if word.unresolved_at is None else max(0, word.unresolved_at - len("--model="))
    model = Word(word.text.removeprefix("--model="), word.position, is_resolved_to)
    return [model, *words[:index], *words[index + 1 :]]


def _misplaced_model_problems(words: Sequence[Word], version: Version | None) -> Iterator[ArgumentProblem]:
    """What `vllm serve` says about a model that is not its first argument, where the version is strict."""
    index = _model_option(words)
    if index is not None:
        if words[index].text == "--model" and fact_holds("serve-accepts-model-option", version) is False:
            yield ArgumentProblem(
                "unknown-option",
                "--model",
                words[index].text,
                "with `vllm serve`, provide the model as a positional argument instead of via the --model option",
                words[index].position,
            )
        return
    names = {word.text.partition("=")[0].replace("_", "-") for word in words if word.text.startswith("--")}
    if (
        words
        and words[0].text.startswith("-")
        and "--served-model-name" in names
        and "--config" not in names
        and fact_holds("served-name-needs-model-first", version) is True
    ):
        yield ArgumentProblem(
            "missing-value",
            "model",
            words[0].text,
            "with --served-model-name, `vllm serve` needs the model as its first positional argument",
            words[0].position,
        )


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
    model, stray = _model(parsed, model_is_positional=model_is_positional)
    problems.extend(stray_problem(parsed, index) for index in _refused(stray, version, model_is_positional))
    read = OptionReader(parsed, problems)
    unresolved = list(parsed.unresolved)
    if model is None and model_is_positional and parsed.positionals:
        unresolved.append("--model")
    if "--config" in parsed.options and "--config" not in unresolved:
        unresolved.append("--config")
    overrides = read.mapping("--hf-overrides")
    if overrides is None:
        # The parser takes any text here; what the engine makes of it later is not known.
        unresolved.append("--hf-overrides")
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
        data_parallel_size_local=read.integer("--data-parallel-size-local", least=0),
        enable_expert_parallel=parsed.options.get("--enable-expert-parallel") == "true",
        maximum_model_length_tokens=_model_length(read),
        maximum_sequences=read.integer("--max-num-seqs"),
        gpu_memory_utilization=read.fraction("--gpu-memory-utilization"),
        quantization=parsed.options.get("--quantization"),
        kv_cache_data_type=parsed.options.get("--kv-cache-dtype"),
        data_type=parsed.options.get("--dtype"),
        configuration_overrides=overrides or {},
        options=dict(parsed.options),
        positions=dict(parsed.positions),
        problems=tuple(problems),
        unresolved=tuple(unresolved),
        environment=dict(environment),
    )


def _model(parsed: ParsedArguments, *, model_is_positional: bool) -> tuple[str | None, list[int]]:
    """Return the model and the indices of the positionals that are left over."""
    resolved = [index for index, word in enumerate(parsed.positionals) if word.is_resolved]
    if not model_is_positional or not parsed.positionals:
        return parsed.options.get("--model"), resolved
    index = next((at for at in range(len(parsed.positionals)) if not _follows_boolean(parsed, at)), None)
    if index is None:
        return parsed.options.get("--model"), resolved
    word = parsed.positionals[index]
    return word.text if word.is_resolved else None, [at for at in resolved if at != index]


def _follows_boolean(parsed: ParsedArguments, index: int) -> bool:
    """Whether a positional was meant as the value of the switch before it."""
    return index in parsed.after_booleans and parsed.positionals[index].text.lower() in BOOLEAN_TEXTS


def _refused(stray: Sequence[int], version: Version | None, model_is_positional: bool) -> Sequence[int]:
    """The api_server module declares the positional model too, and ignores it, in most versions."""
    if model_is_positional or fact_holds("api-server-ignores-one-positional", version) is False:
        return stray
    return stray[1:]


def _model_length(read: OptionReader) -> int | Literal["auto"] | None:
    name = "--max-model-len"
    text = read.text(name)
    if text is None:
        return None
    if text.strip().lower() in {"auto", "-1"}:
        return "auto"
    value = read_human_readable_integer(text)
    if value is not None and value < 1:
        read.refuse(name, f"{name} must be at least 1, not {text}")
        return None
    return value
