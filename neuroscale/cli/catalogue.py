"""`neuroscale catalogue`: the public models that are known without a network."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.catalogue_building.build import build_catalogue
from neuroscale.catalogue_building.known_packages import given_package
from neuroscale.errors import InvalidInputError, UnreadableInputError


@click.group()
def catalogue() -> None:
    """List and build the catalogue of public models."""


@catalogue.command(name="list")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_models(output: str) -> None:
    """List the repositories that are known."""
    repositories = load_catalogue().repositories()
    click.echo(json.dumps(repositories, indent=2) if output == "json" else "\n".join(repositories))


@catalogue.command()
@click.argument("repository")
def show(repository: str) -> None:
    """Print what is stored of REPOSITORY, as JSON: its configuration and where that came from."""
    entry = load_catalogue().require(repository, "run `neuroscale catalogue list`")
    click.echo(json.dumps(asdict(entry), indent=2, ensure_ascii=False))


@catalogue.command()
@click.argument("packages", nargs=-1, metavar="[PACKAGE]...")
@click.option(
    "--configs",
    "directories",
    type=(click.Path(path_type=Path), str),
    multiple=True,
    metavar="DIRECTORY PROVENANCE",
    help="Directory of <org>--<name>.json files, and where they came from. Repeatable; wins over packages.",
)
@click.option("--keep", type=click.Path(path_type=Path), help="Catalogue file whose other entries stay.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="File to write.")
def build(
    packages: tuple[str, ...], directories: tuple[tuple[Path, str], ...], keep: Path | None, output: Path
) -> None:
    """Build a catalogue file from each PACKAGE, without a network.

    PACKAGE is a downloaded archive, or the name of an installed distribution, of a package that ships published
    configurations or figures of models. The first package wins. Figures count only where they give exactly the
    parameters that the published checkpoint stores. What was left out, and why, is printed on standard error.
    """
    if not packages and not directories:
        raise InvalidInputError("nothing to build from", field="PACKAGE", fix="give a package or --configs")
    for _, provenance in directories:
        if not 10 <= len(provenance) <= 200:
            raise InvalidInputError(
                f"{provenance!r} does not say where the files came from",
                field="--configs",
                fix="give 10 to 200 characters",
            )
    try:
        kept = [] if keep is None else keep.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise UnreadableInputError(f"cannot be read: {problem}", field=str(keep)) from None
    built = build_catalogue([given_package(argument) for argument in packages], directories, kept)
    try:
        output.write_text("".join(f"{line}\n" for line in built.lines), encoding="utf-8")
    except OSError as problem:
        raise UnreadableInputError(f"cannot be written: {problem.strerror}", field=str(output)) from None
    for text in built.left_out:
        click.echo(f"left out: {text}", err=True)
    models = "1 model" if len(built.lines) == 1 else f"{len(built.lines)} models"
    click.echo(f"{models} written to {output}, {len(built.left_out)} left out")
