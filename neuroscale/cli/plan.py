"""`neuroscale plan`: how a model should be served."""

import json

import click

from neuroscale.cli.model_argument import model_argument, read_model_argument
from neuroscale.cli.planning_options import planning_options, read_accelerators
from neuroscale.planning.engine_choice import read_engine_version
from neuroscale.planning.explanation import distinct_refusals, plan_as_json, plan_as_markdown, refused_as_json
from neuroscale.planning.plan import Demand
from neuroscale.planning.planner import plan_serving


@click.command()
@model_argument
@planning_options
@click.option("--output", type=click.Choice(["markdown", "json"]), default="markdown", show_default=True)
def plan(
    model: str,
    source: str,
    allowed_hosts: tuple[str, ...],
    accelerators: tuple[str, ...],
    context_length: int | None,
    concurrency: int,
    engine: str,
    output: str,
) -> None:
    """Choose accelerators and engine settings for MODEL (named as for `neuroscale inspect`)."""
    named = read_model_argument(model, source, allowed_hosts)
    result = plan_serving(
        named.architecture,
        Demand(context_length_tokens=context_length, concurrent_requests=concurrency),
        read_accelerators(accelerators),
        read_engine_version(engine),
    )
    if output == "json":
        answer = {
            "plans": [plan_as_json(candidate, named.architecture) for candidate in result.plans],
            "refused": [refused_as_json(candidate) for candidate in distinct_refusals(result.refused)],
        }
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        click.echo(plan_as_markdown(result, named.architecture), nl=False)
