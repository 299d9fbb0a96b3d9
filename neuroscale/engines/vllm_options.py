"""The options of vLLM's command line, by version."""

from dataclasses import replace

from packaging.version import Version

from neuroscale.engines.options import (
    Grammar,
    OptionTable,
    OptionTables,
    option_table,
    read_option_tables,
    tables_for,
)

# Switches that took "true" or "false" up to 0.8.4. Source: vLLM wheels 0.7.3, 0.8.4 and 0.8.5, EngineArgs.
_ONCE_TOOK_A_VALUE = frozenset(
    {"--disable-chunked-mm-input", "--enable-chunked-prefill", "--multi-step-stream-outputs"}
)
# Source: vLLM 0.10.2 to 0.33.0, `FlexibleArgumentParser`.
_GRAMMAR = Grammar(underscores_are_dashes=True, gathers_dotted_options=True, rewrites_optimization_level=True)


def option_tables(version: Version | None) -> OptionTables:
    """Return the option tables to judge a command line of `version` by; None stands for any version."""
    tables = tables_for(read_option_tables("vllm_options.json"), version, _GRAMMAR)
    return replace(tables, once_took_a_value=_ONCE_TOOK_A_VALUE)


def huggingfaceserver_own_options() -> OptionTable:
    """Return the options that huggingfaceserver has whatever it starts."""
    return read_option_tables("huggingfaceserver_options.json")[0]


def huggingfaceserver_option_tables(version: Version | None) -> OptionTables:
    """Return the option tables of huggingfaceserver: its own options laid over those of the vLLM inside."""
    own = huggingfaceserver_own_options().by_spelling
    inner = option_tables(version)
    laid_over = tuple(option_table(table.version, {**table.by_spelling, **own}) for table in inner.tables)
    return replace(inner, tables=laid_over)
