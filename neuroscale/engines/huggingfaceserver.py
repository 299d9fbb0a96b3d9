"""KServe's huggingfaceserver: its own options, and vLLM's behind them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from packaging.version import Version

from neuroscale.engines.arguments import ParsedArguments, parse_arguments
from neuroscale.engines.option_values import BOOLEAN_TEXTS, stray_problem
from neuroscale.engines.settings import ArgumentProblem, EngineSettings
from neuroscale.engines.vllm import settings_from
from neuroscale.engines.vllm_options import huggingfaceserver_option_tables, huggingfaceserver_own_options
from neuroscale.engines.words import Word

_BACKEND = "--backend"


def read_huggingfaceserver_settings(
    words: Sequence[Word], version: Version | None, environment: Mapping[str, str]
) -> EngineSettings:
    """Return the settings of the vLLM that huggingfaceserver starts.

    The server takes every vLLM option beside its own and silently drops what neither knows; those words are listed
    as `ignored`. A value after a switch is dropped too and stays a problem, because it does not do what it says.

    Args:
        words: The arguments after the module name.
        version: Version of the vLLM inside; None when the image tag does not tell.
        environment: The container's literal environment.

    Source: KServe 0.16 to 0.20, `huggingfaceserver/__main__.py` (`parse_known_args`) and `kserve/model_server.py`.
    """
    tables = huggingfaceserver_option_tables(version)
    parsed = parse_arguments(words, tables)
    ignored = [_dropped(problem) for problem in parsed.problems if problem.kind == "unknown-option"]
    if parsed.options.get(_BACKEND) == "huggingface":
        ignored.extend(_options_of_no_vllm(parsed))
    parsed.problems[:] = [problem for problem in parsed.problems if problem.kind != "unknown-option"]
    parsed.problems.extend(_values_of_switches(parsed))
    parsed.positionals.clear()
    settings = settings_from(parsed, version, environment, engine="huggingfaceserver", model_is_positional=False)
    name = parsed.options.get("--model-name")
    return replace(
        settings,
        model=parsed.options.get("--model-id") or parsed.options.get("--model-dir"),
        served_model_names=settings.served_model_names or ((name,) if name else ()),
        ignored=tuple(ignored),
    )


def _options_of_no_vllm(parsed: ParsedArguments) -> Iterator[ArgumentProblem]:
    """Yield the options of vLLM, which the server only knows when it starts one."""
    own = {option.name for option in huggingfaceserver_own_options().by_spelling.values()}
    for name, position in parsed.positions.items():
        if name not in own:
            message = f"{_BACKEND}=huggingface starts no vLLM, and huggingfaceserver silently drops vLLM's {name}"
            yield ArgumentProblem("unknown-option", name, name, message, position)


def _values_of_switches(parsed: ParsedArguments) -> list[ArgumentProblem]:
    return [
        _dropped(stray_problem(parsed, index))
        for index in parsed.after_booleans
        if index < len(parsed.positionals) and parsed.positionals[index].text.lower() in BOOLEAN_TEXTS
    ]


def _dropped(problem: ArgumentProblem) -> ArgumentProblem:
    return replace(problem, message=f"huggingfaceserver silently drops {problem.written!r}")
