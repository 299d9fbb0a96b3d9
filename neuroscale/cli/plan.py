"""`neuroscale plan`: how a model should be served."""

import json

import click

from neuroscale.cli.model_argument import model_argument, read_model_argument
from neuroscale.cli.planning_options import PlanningChoices, planning_choices
from neuroscale.pictures.svg import svg_document
from neuroscale.planning.explanation import (
    distinct_refusals,
    plan_as_json,
    plan_as_markdown,
    refused_as_json,
    unusable_as_json,
)
from neuroscale.planning.memory_picture import memory_drawing


@click.command()
@model_argument
@planning_choices
@click.option(
    "--output",
    type=click.Choice(["markdown", "json", "svg"]),
    default="markdown",
    show_default=True,
    help="svg draws the memory of each accelerator.",
)
def plan(model: str, source: str, allowed_hosts: tuple[str, ...], choices: PlanningChoices, output: str) -> None:
    """Choose accelerators and engine settings for MODEL (named as for `neuroscale inspect`)."""
    named = read_model_argument(model, source, allowed_hosts)
    result = choices.plans_for(named.architecture)
    if output == "json":
        answer = {
            "plans": [plan_as_json(candidate, named.architecture) for candidate in result.plans],
            "refused": [refused_as_json(candidate) for candidate in distinct_refusals(result.refused)],
            "outdone": result.outdone,
            "unpriced": list(result.unpriced),
            "unusableNodes": [unusable_as_json(nodes) for nodes in choices.unusable],
        }
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    elif output == "svg":
        click.echo(svg_document(memory_drawing(result.plans[:1], named.architecture)), nl=False)
    else:
        click.echo(plan_as_markdown(result, named.architecture, choices.unusable), nl=False)
