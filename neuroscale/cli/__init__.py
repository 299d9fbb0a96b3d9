"""The `neuroscale` command.

Exit codes: 0 nothing is denied, 1 something is denied, 2 it could not be judged (unreadable input, wrong usage, a
bug of ours). A check that could not run never looks green.
"""

import os
import sys
import traceback

import click

from neuroscale.cli.audit import audit
from neuroscale.cli.catalogue import catalogue
from neuroscale.cli.check import check
from neuroscale.cli.cost import cost
from neuroscale.cli.delta import delta
from neuroscale.cli.inspect import inspect
from neuroscale.cli.plan import plan
from neuroscale.cli.render import render
from neuroscale.cli.rules import rules
from neuroscale.errors import NeuroScaleError

EXIT_COULD_NOT_JUDGE = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="neuroscale")
def command() -> None:
    """Architecture-aware guardrails for large language models on Kubernetes."""


for subcommand in (inspect, plan, render, cost, check, delta, audit, rules, catalogue):
    command.add_command(subcommand)


def main() -> None:
    """Run the command and turn every problem into one clear line and the right exit code."""
    try:
        exit_code = command.main(standalone_mode=False)
    except NeuroScaleError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(EXIT_COULD_NOT_JUDGE)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_COULD_NOT_JUDGE)
    except click.Abort:
        sys.exit(130)
    except BrokenPipeError:
        # The reader went away (`| head`): what it saw is not the whole report, so this is no clean result either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_COULD_NOT_JUDGE)
    except Exception as error:  # noqa: BLE001 - Python would exit 1, which means "denied"
        if os.environ.get("NEUROSCALE_DEBUG"):
            traceback.print_exc()
        click.echo(
            f"internal error: {type(error).__name__}: {error} "
            "(this is a bug of neuroscale; NEUROSCALE_DEBUG=1 shows where)",
            err=True,
        )
        sys.exit(EXIT_COULD_NOT_JUDGE)
    sys.exit(exit_code if isinstance(exit_code, int) else 0)
