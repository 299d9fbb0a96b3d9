"""The options of SGLang's command line, by version."""

from packaging.version import Version

from neuroscale.engines.options import ARGPARSE, OptionTables, read_option_tables, tables_for


def sglang_option_tables(version: Version | None) -> OptionTables:
    """Return the option tables to judge a command line of `version` by; None stands for any version.

    The engine gives its words to Python's argparse as they are: underscores are not dashes here.
    Source: SGLang wheels 0.4.6.post5 to 0.5.23, `prepare_server_args`, run.
    """
    return tables_for(read_option_tables("sglang_options.json"), version, ARGPARSE)
