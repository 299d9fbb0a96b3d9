"""`neuroscale inspect`: what a model is and what it takes."""

import json

import click

from neuroscale.cli.model_argument import model_argument, read_model_argument
from neuroscale.reports.model_report import model_as_markdown, model_as_text
from neuroscale.sizing.model_summary import model_as_json


@click.command()
@model_argument
@click.option(
    "--output",
    "--format",
    "output",
    type=click.Choice(["json", "markdown", "text"]),
    default="json",
    show_default=True,
)
def inspect(model: str, source: str, allowed_hosts: tuple[str, ...], output: str) -> None:
    """Print what MODEL is: dense or Mixture-of-Experts, its exact parameters, its stored bytes and its KV cache.

    MODEL is a repository of the catalogue ("google/gemma-4-26B-A4B"), of the hub ("organisation/name@revision" or
    hf://...), an s3://, gs://, az:// or https:// address, the path of a config.json, a GGUF or safetensors file or
    their directory, or "-" for a config.json on standard input.
    """
    named = read_model_argument(model, source, allowed_hosts)
    if output == "json":
        answer = model_as_json(named.architecture) | named.source_as_json()
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    report = model_as_text if output == "text" else model_as_markdown
    click.echo(report(named.repository, named.architecture), nl=False)
