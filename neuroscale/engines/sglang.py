"""SGLang: its argument vector and environment to EngineSettings.

The sizes mean something else than in vLLM: tensor parallelism is the whole of one replica, and attention data
parallelism, attention context parallelism and expert parallelism divide it. Data parallelism means whole replicas,
except beside `--enable-dp-attention`, where the same option divides the tensor parallel group.
Source: SGLang wheels 0.4.6.post5 to 0.5.23, `ServerArgs` and what it resolves to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from packaging.version import Version

from neuroscale.engines.arguments import ParsedArguments, parse_arguments
from neuroscale.engines.option_values import OptionReader, stray_problem
from neuroscale.engines.settings import ArgumentProblem, EngineSettings
from neuroscale.engines.sglang_configuration_file import with_configuration_file
from neuroscale.engines.sglang_facts import spans_experts
from neuroscale.engines.sglang_options import sglang_option_tables
from neuroscale.engines.words import Word

MODEL = "--model-path"
OVERRIDES = "--json-model-override-args"

# Both force expert parallelism over the whole tensor parallel group, in the releases that have them.
_EXPERT_PARALLEL_SWITCHES = ("--enable-ep-moe", "--enable-deepep-moe")
_MODEL_TYPE = "--model-type"
_HELP = frozenset({"-h", "--help"})


def read_sglang_settings(
    words: Sequence[Word],
    version: Version | None,
    environment: Mapping[str, str],
    *,
    is_serve_command: bool = False,
    files: Mapping[str, str] = MappingProxyType({}),
) -> EngineSettings:
    """Return the settings of an SGLang server started with `words`.

    Args:
        words: The arguments after `python -m sglang.launch_server`, or after `sglang serve`.
        version: The engine's version; None when unknown, and then only what holds for every version is a problem.
        environment: The container's literal environment.
        is_serve_command: True for `sglang serve`, which takes the model as its first word too, and `--model-type`.
        files: Texts of the files that are known to be in the container, by path.
    """
    if is_serve_command:
        words = _as_for_the_module(words)
    configured = with_configuration_file(words, files, version)
    words = configured.words
    parsed = parse_arguments(words, sglang_option_tables(version))
    problems: list[ArgumentProblem] = [*configured.problems, *parsed.problems]
    read = OptionReader(parsed, problems)
    problems.extend(
        stray_problem(parsed, index) for index, word in enumerate(parsed.positionals) if word.is_resolved
    )
    unresolved = list(parsed.unresolved)
    if "--config" in parsed.options and "--config" not in unresolved:
        unresolved.append("--config")
    overrides = read.mapping(OVERRIDES)
    if overrides is None or any(isinstance(value, dict) for value in overrides.values()):
        # Text that is no object stops the engine later; how nested fields are merged differs between releases.
        unresolved.append(OVERRIDES)
    problems.extend(_missing_model(words, parsed, unresolved))
    name = read.text("--served-model-name")
    settings = EngineSettings(
        engine="sglang",
        version=version,
        model=read.text(MODEL),
        served_model_names=(name,) if name else (),
        tensor_parallel_size=read.size("--tp-size"),
        pipeline_parallel_size=read.size("--pp-size"),
        decode_context_parallel_size=read.size("--dcp-size"),
        data_parallel_size=read.size("--dp-size"),
        attention_data_parallel_size=read.size("--attn-dp-size"),
        attention_context_parallel_size=read.size("--attn-cp-size"),
        expert_parallel_size=read.size("--ep-size"),
        expert_data_parallel_size=read.size("--moe-dp-size"),
        nodes=read.size("--nnodes"),
        maximum_model_length_tokens=read.integer("--context-length"),
        maximum_sequences=read.integer("--max-running-requests"),
        gpu_memory_utilization=read.fraction("--mem-fraction-static"),
        quantization=read.text("--quantization"),
        kv_cache_data_type=read.text("--kv-cache-dtype"),
        data_type=read.text("--dtype"),
        configuration_overrides=overrides or {},
        options=dict(parsed.options),
        positions=dict(parsed.positions),
        unresolved=tuple(dict.fromkeys(unresolved)),
        environment=dict(environment),
        ignored=configured.ignored,
    )
    return replace(_resolved(settings, parsed), problems=tuple(problems))


def _resolved(settings: EngineSettings, parsed: ParsedArguments) -> EngineSettings:
    """Apply what the engine makes of sizes that depend on each other."""
    if parsed.options.get("--enable-dp-attention") == "true" and settings.attention_data_parallel_size == 1:
        settings = replace(settings, attention_data_parallel_size=settings.data_parallel_size, data_parallel_size=1)
    takes_over = any(parsed.options.get(switch) == "true" for switch in _EXPERT_PARALLEL_SWITCHES)
    if takes_over or spans_experts(parsed.options.get("--moe-a2a-backend")):
        settings = replace(settings, expert_parallel_size=settings.tensor_parallel_size)
    return replace(settings, enable_expert_parallel=(settings.expert_parallel_size or 1) > 1)


def _missing_model(
    words: Sequence[Word], parsed: ParsedArguments, unresolved: Sequence[str]
) -> Iterator[ArgumentProblem]:
    """What the parser says when nothing names the model; every release that was read requires it."""
    if not words or MODEL in parsed.positions or not _HELP.isdisjoint(word.text for word in words):
        return
    may_be_elsewhere = any(name in {"--config", MODEL} or name not in parsed.positions for name in unresolved)
    if may_be_elsewhere or not all(word.is_resolved for word in parsed.positionals):
        return
    # The parser stops at these before it looks for what is missing.
    if any(problem.kind in {"ambiguous-option", "missing-value", "unreadable"} for problem in parsed.problems):
        return
    yield ArgumentProblem(
        "missing-option",
        MODEL,
        words[-1].text,
        f"the following arguments are required: {MODEL}; the engine exits with code 2",
        words[-1].position,
        parsed.tables.is_certain("missing-option", MODEL),
    )


def _as_for_the_module(words: Sequence[Word]) -> Sequence[Word]:
    """Rewrite the words of `sglang serve` to those of `sglang.launch_server`, as the command itself does."""
    rest: list[Word] = []
    skips = False
    for word in words:
        if skips:
            skips = False
        elif word.text == _MODEL_TYPE:
            skips = True
        elif not word.text.startswith(f"{_MODEL_TYPE}="):
            rest.append(word)
    if rest and not rest[0].text.startswith("-"):
        return [Word(MODEL, rest[0].position), *rest]
    return rest
