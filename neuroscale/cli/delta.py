"""`neuroscale delta`: what the manifests of a change occupy and cost, against those before it."""

import json
import os
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

import click

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model_directory import read_model_directory
from neuroscale.architecture.profile_trust import read_public_keys
from neuroscale.cli.judging_options import profile_public_key_option, refuse_unless_version
from neuroscale.cli.manifest_paths import STANDARD_INPUT, read_manifest_paths
from neuroscale.cli.price_book import read_price_book_file
from neuroscale.cost.resources.change import compare_manifests
from neuroscale.cost.resources.comparison import Comparison
from neuroscale.cost.resources.json_report import comparison_as_json
from neuroscale.cost.resources.markdown import comparison_as_markdown
from neuroscale.cost.resources.sentences import monthly
from neuroscale.cost.resources.span import change_between
from neuroscale.cost.resources.text import comparison_as_text
from neuroscale.cost.resources.wording import shown_money
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.object import ManifestObject
from neuroscale.prices.price import COMMITMENTS, DEFAULT_COMMITMENT, Commitment
from neuroscale.prices.tariff import Tariff
from neuroscale.rules.subject import ClusterFacts

EXIT_OVER_LIMIT = 1


def _as_json_text(comparison: Comparison) -> str:
    return json.dumps(comparison_as_json(comparison), indent=2, ensure_ascii=False) + "\n"


_FORMATS: Mapping[str, Callable[[Comparison], str]] = {
    "json": _as_json_text,
    "markdown": comparison_as_markdown,
    "text": comparison_as_text,
}


@click.command()
@click.argument("base")
@click.argument("head")
@click.option(
    "--models",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of config.json files named <org>--<name>.json; they win over the catalogue.",
)
@click.option(
    "--context",
    multiple=True,
    help="File or folder of objects that are known on both sides but not counted: runtimes, nodes. Repeatable.",
)
@click.option("--kserve", help="Release of KServe in the cluster, e.g. 0.20.0 (default: the newest known).")
@profile_public_key_option
@click.option(
    "--prices",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The platform's price book; without one money is left out.",
)
@click.option("--region", help="Region whose prices hold where the book states any (default: those of everywhere).")
@click.option("--commitment", type=click.Choice(COMMITMENTS), default=DEFAULT_COMMITMENT, show_default=True)
@click.option(
    "--fail-over",
    metavar="MONEY",
    help="Exit 1 when a month at the most replicas costs more than this beyond what it did; needs --prices.",
)
@click.option("--output", type=click.Choice(sorted(_FORMATS)), default="markdown", show_default=True)
def delta(
    base: str,
    head: str,
    models: Path | None,
    context: tuple[str, ...],
    kserve: str | None,
    profile_public_keys: tuple[Path, ...],
    prices: Path | None,
    region: str | None,
    commitment: Commitment,
    fail_over: str | None,
    output: str,
) -> int:
    """Compare what the manifests in BASE and in HEAD occupy: a file, a folder, a glob, or "-" for standard input.

    /dev/null stands for nothing at all, where a change brings the first manifests or takes the last.

    Exits 0, or 1 when the increase is over --fail-over, or 2 when it could not be told.
    """
    if kserve is not None:
        refuse_unless_version(kserve)
    if base == head == STANDARD_INPUT:
        raise click.UsageError('only one of BASE and HEAD can be "-"')
    if prices is None and (fail_over is not None or region is not None):
        raise click.UsageError("--fail-over and --region need --prices")
    limit = None if fail_over is None else _money(fail_over)
    catalogue = load_catalogue()
    if models is not None:
        catalogue = catalogue.with_configs(read_model_directory(models))
    facts = ClusterFacts(
        models=catalogue,
        context=read_manifest_paths(context),
        kserve_version=kserve,
        profile_keys=read_public_keys(profile_public_keys),
    )
    tariff = None if prices is None else Tariff(read_price_book_file(prices), region, commitment)
    comparison = compare_manifests(_objects(base), _objects(head), facts, tariff)
    click.echo(_FORMATS[output](comparison), nl=False)
    return 0 if limit is None else _exit_code(comparison, limit)


def _objects(path: str) -> tuple[ManifestObject, ...]:
    return () if path == os.devnull else read_manifest_paths((path,))


def _money(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise InvalidInputError(
            f"{text!r} is no amount of money",
            field="--fail-over",
            fix="write a number of zero or more, such as 500",
        )
    return amount


def _exit_code(comparison: Comparison, limit: Decimal) -> int:
    if not comparison.is_money_known:
        raise InvalidInputError(
            "what the change costs is not wholly known, so it cannot be held against a limit",
            field="--fail-over",
            fix="give prices for every accelerator, and the runtimes and nodes with --context",
        )
    increase = change_between(monthly(comparison.base), monthly(comparison.head)).most or Fraction(0)
    if increase <= Fraction(limit):
        return 0
    click.echo(
        f"over the limit: {shown_money(increase)} a month more, {shown_money(Fraction(limit))} allowed", err=True
    )
    return EXIT_OVER_LIMIT
