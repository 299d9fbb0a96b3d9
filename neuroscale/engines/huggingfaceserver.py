"""KServe's huggingfaceserver: its own flags, and vLLM's behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from packaging.version import Version

from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.vllm import settings_from
from neuroscale.engines.vllm_arguments import parse_arguments
from neuroscale.engines.vllm_options import option_tables
from neuroscale.engines.words import Word


def read_huggingfaceserver_settings(
    words: Sequence[Word], version: Version | None, environment: Mapping[str, str]
) -> EngineSettings:
    """Return the settings of the vLLM that huggingfaceserver starts.

    The server takes every vLLM option beside its own and silently ignores what neither knows.

    Args:
        words: The arguments after the module name.
        version: Version of the vLLM inside; None when the image tag does not tell.
        environment: The container's literal environment.

    Source: KServe 0.16 to 0.20, `huggingfaceserver/__main__.py` (`parse_known_args`).
    """
    parsed = parse_arguments(words, option_tables(version), ignore_unknown=True)
    parsed.positionals.clear()
    settings = settings_from(parsed, version, environment, engine="huggingfaceserver", model_is_positional=False)
    return replace(settings, model=settings.model)
