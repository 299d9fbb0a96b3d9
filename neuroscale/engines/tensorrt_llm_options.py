"""The options of TensorRT-LLM's `trtllm-serve`."""

from packaging.version import Version

from neuroscale.engines.options import Grammar, OptionTables, read_option_tables, tables_for

_GRAMMAR = Grammar(parser="click")


def tensorrt_llm_option_tables(version: Version | None) -> OptionTables:
    """Return the option tables to judge a command line by.

    They are those of the newest source that was read; what a release between may add or lack is not known, so that
    every version is treated as one that is not known exactly.
    Source: TensorRT-LLM 1.3.0rc3, `commands/serve.py`; every option of the reference page of 0.18.2 is among them.
    """
    del version
    return tables_for(read_option_tables("tensorrt_llm_options.json"), None, _GRAMMAR)
