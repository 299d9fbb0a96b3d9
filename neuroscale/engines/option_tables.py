"""The option tables of every serving engine that is known."""

from collections.abc import Callable, Mapping

from packaging.version import Version

from neuroscale.engines.options import OptionTables
from neuroscale.engines.sglang_options import sglang_option_tables
from neuroscale.engines.tensorrt_llm_options import tensorrt_llm_option_tables
from neuroscale.engines.text_generation_inference_options import text_generation_inference_option_tables
from neuroscale.engines.vllm_options import huggingfaceserver_option_tables, option_tables

_TABLES: Mapping[str, Callable[[Version | None], OptionTables]] = {
    "vllm": option_tables,
    "huggingfaceserver": huggingfaceserver_option_tables,
    "sglang": sglang_option_tables,
    "tensorrt-llm": tensorrt_llm_option_tables,
    "text-generation-inference": text_generation_inference_option_tables,
}


def engine_option_tables(engine: str, version: Version | None) -> OptionTables:
    """Return the option tables that settings of this engine were read by.

    Raises:
        KeyError: No such engine; `EngineSettings.engine` is always one.
    """
    return _TABLES[engine](version)
