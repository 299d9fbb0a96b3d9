"""`neuroscale rules`: the rule book."""

import json

import click
from rich.console import Console
from rich.table import Table

from neuroscale.errors import InvalidInputError
from neuroscale.rules.registry import all_rules


@click.command()
@click.argument("identifier", required=False)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(identifier: str | None, output: str) -> None:
    """List the rules, or explain the one with IDENTIFIER (id or name)."""
    known = all_rules()
    if identifier is not None:
        known = tuple(rule for rule in known if identifier in (rule.identifier, rule.name))
        if not known:
            raise InvalidInputError(
                f"{identifier!r} is not a rule", field="IDENTIFIER", fix="run `neuroscale rules` to list them"
            )
    if output == "json":
        entries = [
            {
                "rule": rule.identifier,
                "name": rule.name,
                "severity": rule.severity.value,
                "documentation": rule.documentation,
                **({"page": rule.page} if identifier is not None else {}),
            }
            for rule in known
        ]
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
    elif identifier is not None:
        for rule in known:
            click.echo(f"{rule.identifier} {rule.name} ({rule.severity.value})\n\n{rule.page.strip()}")
    else:
        table = Table("rule", "severity", "name", box=None, pad_edge=False)
        for rule in known:
            table.add_row(rule.identifier, rule.severity.value, rule.name)
        Console(width=100, soft_wrap=True).print(table)
