"""`neuroscale rules`: the rule book."""

import json

import click
from rich.console import Console
from rich.table import Table

from neuroscale.errors import InvalidInputError
from neuroscale.rules.documentation import rule_family, rule_summary
from neuroscale.rules.registry import all_rules
from neuroscale.suggestions import closest_names


@click.command()
@click.argument("identifier", required=False)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(identifier: str | None, output: str) -> None:
    """List the rules, or explain the one with IDENTIFIER (id or name)."""
    known = all_rules()
    if identifier is not None:
        known = tuple(rule for rule in known if identifier.lower() in (rule.identifier.lower(), rule.name))
        if not known:
            raise _unknown(identifier)
    if output == "json":
        entries = [
            {
                "rule": rule.identifier,
                "name": rule.name,
                "family": rule_family(rule),
                "severity": rule.severity.value,
                "summary": rule_summary(rule),
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
        table = Table("rule", "at most", "name", box=None, pad_edge=False)
        for rule in known:
            table.add_row(rule.identifier, rule.severity.value, rule.name)
        Console(width=100, soft_wrap=True).print(table)


def _unknown(identifier: str) -> InvalidInputError:
    names = {each: rule.identifier for rule in all_rules() for each in (rule.identifier, rule.name)}
    near = dict.fromkeys(names[each] for each in closest_names(identifier, list(names)))
    return InvalidInputError(
        f"{identifier!r} is not a rule",
        field="IDENTIFIER",
        fix=f"did you mean {' or '.join(near)}?" if near else "run `neuroscale rules` to list them",
    )
