"""Text Generation Inference (TGI): the launcher's argument vector and environment to EngineSettings.

Every option may also be given by an environment variable (`NUM_SHARD`, `MODEL_ID`); the command line wins over it.
There is one way to share a model out: tensor parallel shards; experts are cut like every other layer.
Source: Text Generation Inference 1.0.0 to 3.3.7, `launcher/src/main.rs` (`Args`, `find_num_shards`).
"""

from collections.abc import Mapping, Sequence

from packaging.version import Version

from neuroscale.engines.argument_values import value_refusal
from neuroscale.engines.arguments import ParsedArguments, parse_arguments
from neuroscale.engines.option_values import OptionReader, stray_problem
from neuroscale.engines.options import EngineOption
from neuroscale.engines.settings import ArgumentPosition, ArgumentProblem, EngineSettings
from neuroscale.engines.text_generation_inference_options import (
    options_by_variable,
    text_generation_inference_option_tables,
)
from neuroscale.engines.words import Word

NUMBER_OF_SHARDS = "--num-shard"
SHARDED = "--sharded"

# What the variable of a switch may say: clap reads it like any boolean, so that `1` stops the launcher.
_SWITCH_TEXTS = frozenset({"true", "false"})


def read_text_generation_inference_settings(
    words: Sequence[Word], version: Version | None, environment: Mapping[str, str]
) -> EngineSettings:
    """Return the settings of a server started with `words`.

    Without a number of shards the launcher counts the devices it sees; the size is then listed as unresolved.

    Args:
        words: The arguments after `text-generation-launcher`.
        version: The engine's version; None when unknown, and then only what holds for every version is a problem.
        environment: The container's literal environment.
    """
    parsed = parse_arguments(words, text_generation_inference_option_tables(version))
    parsed.problems.extend(
        stray_problem(parsed, index) for index, word in enumerate(parsed.positionals) if word.is_resolved
    )
    _read_environment(parsed, version, environment)
    problems = list(parsed.problems)
    read = OptionReader(parsed, problems)
    unresolved = list(parsed.unresolved)
    shards = read.integer(NUMBER_OF_SHARDS, least=0)
    if shards is None and read.text(SHARDED) != "false":
        unresolved.append(NUMBER_OF_SHARDS)
    return EngineSettings(
        engine="text-generation-inference",
        version=version,
        model=read.text("--model-id"),
        tensor_parallel_size=shards or 1,
        maximum_model_length_tokens=read.integer("--max-total-tokens"),
        maximum_sequences=read.integer("--max-batch-size"),
        gpu_memory_utilization=read.fraction("--cuda-memory-fraction"),
        quantization=read.text("--quantize"),
        kv_cache_data_type=read.text("--kv-cache-dtype"),
        data_type=read.text("--dtype"),
        options=dict(parsed.options),
        positions=dict(parsed.positions),
        problems=tuple(problems),
        unresolved=tuple(dict.fromkeys(unresolved)),
        environment=dict(environment),
    )


def _read_environment(parsed: ParsedArguments, version: Version | None, environment: Mapping[str, str]) -> None:
    """Give each option that the command line does not name the value of its variable."""
    by_variable = options_by_variable(version)
    for index, (variable, text) in enumerate(environment.items()):
        forms = by_variable.get(variable, ())
        if not forms or forms[-1].name in parsed.positions:
            continue
        name, position = forms[-1].name, ArgumentPosition("env", index)
        parsed.positions[name] = position
        reasons = [_refusal(form, text) for form in forms]
        if None in reasons:
            parsed.options[name] = text
        else:
            message = f"{variable}: {reasons[-1]}; the engine exits with code 2"
            certain = parsed.tables.is_certain("invalid-value", name, has_choices=bool(forms[-1].choices))
            parsed.problems.append(ArgumentProblem("invalid-value", name, text, message, position, certain))


def _refusal(form: EngineOption, text: str) -> str | None:
    if form.values != "none":
        return value_refusal(form, text)
    return None if text in _SWITCH_TEXTS else f"invalid value {text!r}: a switch takes 'true' or 'false' here"
