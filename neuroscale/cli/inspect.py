"""`neuroscale inspect`: what a model is."""

import json

import click

from neuroscale.architecture.summary import architecture_as_json
from neuroscale.cli.model_argument import read_model_argument


@click.command()
@click.argument("model")
def inspect(model: str) -> None:
    """Print what MODEL is, as JSON: dense or Mixture-of-Experts, and its exact parameters by component.

    MODEL is a repository name of the catalogue ("google/gemma-4-26B-A4B") or the path of a config.json.
    """
    named = read_model_argument(model)
    click.echo(json.dumps(architecture_as_json(named.architecture), indent=2, ensure_ascii=False))
