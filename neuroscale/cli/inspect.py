"""`neuroscale inspect`: what a model is."""

import json

import click

from neuroscale.architecture.summary import architecture_as_json
from neuroscale.cli.model_argument import model_argument, read_model_argument


@click.command()
@model_argument
def inspect(model: str, source: str, allowed_hosts: tuple[str, ...]) -> None:
    """Print what MODEL is, as JSON: dense or Mixture-of-Experts, and its exact parameters by component.

    MODEL is a repository of the catalogue ("google/gemma-4-26B-A4B"), of the hub ("organisation/name@revision" or
    hf://...), an s3://, gs://, az:// or https:// address, the path of a config.json, a GGUF or safetensors file or
    their directory, or "-" for a config.json on standard input.
    """
    named = read_model_argument(model, source, allowed_hosts)
    answer = architecture_as_json(named.architecture) | named.source_as_json()
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
