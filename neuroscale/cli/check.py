"""`neuroscale check`: the rules over manifests, with an exit code that can be trusted."""

from pathlib import Path

import click
from packaging.version import InvalidVersion, Version

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model_directory import read_model_directory
from neuroscale.cli.manifest_paths import read_manifest_paths
from neuroscale.errors import InvalidInputError
from neuroscale.reports.formats import FINDING_FORMATS
from neuroscale.rules.finding import Severity
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts

EXIT_DENIED = 1


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--models",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of config.json files named <org>--<name>.json; they win over the catalogue.",
)
@click.option(
    "--context", multiple=True, help="File or folder of objects that are known but not judged. Repeatable."
)
@click.option("--kserve", help="Release of KServe in the cluster, e.g. 0.20.0 (default: the newest known).")
@click.option("--output", type=click.Choice(sorted(FINDING_FORMATS)), default="text", show_default=True)
def check(
    paths: tuple[str, ...],
    models: Path | None,
    context: tuple[str, ...],
    kserve: str | None,
    output: str,
) -> int:
    """Judge the manifests in PATHS: files, folders, globs, or "-" for standard input.

    Files of other tools in a folder, with neither apiVersion nor kind in them, are left out with a note.

    Exits 0 when nothing is denied, 1 when something is, 2 when the manifests could not be judged.
    """
    if kserve is not None:
        _refuse_unless_version(kserve)
    catalogue = load_catalogue()
    if models is not None:
        catalogue = catalogue.with_configs(read_model_directory(models))
    facts = ClusterFacts(models=catalogue, context=read_manifest_paths(context), kserve_version=kserve)
    findings = judge(read_manifest_paths(paths), facts)
    click.echo(FINDING_FORMATS[output](findings))
    return EXIT_DENIED if any(finding.severity is Severity.DENY for finding in findings) else 0


def _refuse_unless_version(kserve: str) -> None:
    try:
        Version(kserve)
    except InvalidVersion as error:
        raise InvalidInputError(
            f"{kserve!r} is not a release", field="--kserve", fix="write e.g. 0.20.0"
        ) from error
