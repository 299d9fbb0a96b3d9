"""`neuroscale cost`: who pays for accelerator time, by three views of one bill."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model_directory import read_model_directory
from neuroscale.base_address import check_base_address
from neuroscale.cli.manifest_paths import STANDARD_INPUT
from neuroscale.cli.price_book import read_price_book_file
from neuroscale.cli.text_file import read_text_file, text_of
from neuroscale.cost.attribution import attribute
from neuroscale.cost.bill import BilledElsewhere
from neuroscale.cost.grouping import GROUPINGS, GroupedBy
from neuroscale.cost.picture import cost_drawing
from neuroscale.cost.pods import Statements
from neuroscale.cost.report import CostReport, report_as_json, report_as_markdown, report_as_text, unbilled
from neuroscale.errors import InvalidInputError
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.pictures.svg import svg_document
from neuroscale.prices.price import COMMITMENTS, DEFAULT_COMMITMENT, Commitment
from neuroscale.prices.tariff import Tariff

if TYPE_CHECKING:
    from neuroscale.cost_sources.usage import MeasuredUsage, TokenSource

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DEFAULT_WINDOW = "7d"
_OUTPUTS: Mapping[str, Callable[[CostReport], str]] = {
    "text": report_as_text,
    "markdown": report_as_markdown,
    "json": lambda report: json.dumps(report_as_json(report), indent=2, ensure_ascii=False) + "\n",
    "svg": lambda report: svg_document(cost_drawing(report)),
}


@click.command()
@click.argument("usage")
@click.option(
    "--window",
    help=f"What OpenCost is asked for: 24h, 7d, lastmonth, or two times with a comma. [default: {_DEFAULT_WINDOW}]",
)
@click.option("--prices", type=_FILE, help="The platform's price book; without one what OpenCost bills is divided.")
@click.option("--region", help="Region whose prices hold; needs --prices.")
@click.option(
    "--commitment",
    type=click.Choice(COMMITMENTS),
    default=DEFAULT_COMMITMENT,
    show_default=True,
    help="How the accelerators are bought.",
)
@click.option(
    "--currency", help="Currency of what OpenCost bills, which its answers do not state; not beside --prices."
)
@click.option("--prometheus", help="Address of the Prometheus that scrapes the engines: http://prometheus:9090.")
@click.option(
    "--pod-labels",
    default="namespace,pod",
    show_default=True,
    help="Labels of its series that name the namespace and the pod.",
)
@click.option("--opencost-token-file", type=_FILE, help="Bearer token for OpenCost, or NEUROSCALE_OPENCOST_TOKEN.")
@click.option(
    "--prometheus-token-file", type=_FILE, help="Bearer token for Prometheus, or NEUROSCALE_PROMETHEUS_TOKEN."
)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    help="Seconds after which an answer is given up.",
)
@click.option(
    "--models",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of config.json files named <org>--<name>.json; they win over the catalogue.",
)
@click.option(
    "--model", "models_of", multiple=True, help="NAMESPACE/ENDPOINT=REPOSITORY where pods do not tell. Repeatable."
)
@click.option(
    "--accelerator",
    "accelerators_of",
    multiple=True,
    help="NAMESPACE/ENDPOINT=KIND, or KIND for all whose nodes do not tell. Repeatable.",
)
@click.option("--by", type=click.Choice(GROUPINGS), default="model", show_default=True)
@click.option("--output", type=click.Choice(list(_OUTPUTS)), default="text", show_default=True)
def cost(
    usage: str,
    window: str | None,
    prices: Path | None,
    region: str | None,
    commitment: Commitment,
    currency: str | None,
    prometheus: str | None,
    pod_labels: str,
    opencost_token_file: Path | None,
    prometheus_token_file: Path | None,
    timeout_seconds: float,
    models: Path | None,
    models_of: tuple[str, ...],
    accelerators_of: tuple[str, ...],
    by: GroupedBy,
    output: str,
) -> None:
    """Attribute accelerator time to models, owners and cost centres: by what they held, computed and served.

    USAGE is the address of OpenCost (http://opencost:9003), a file with what its /allocation answered, a file of
    endpoints that you wrote, or "-" for such a file on standard input.
    """
    if prices is None and region is not None:
        raise InvalidInputError("says nothing without prices", field="--region", fix="add --prices")
    if prices is None and commitment != DEFAULT_COMMITMENT:
        raise InvalidInputError("says nothing without prices", field="--commitment", fix="add --prices")
    if prices is not None and currency is not None:
        raise InvalidInputError(
            "the price book states the currency", field="--currency", fix="leave it out beside --prices"
        )
    tariff = None if prices is None else Tariff(read_price_book_file(prices), region, commitment)
    statements = _statements(models_of, accelerators_of)
    catalogue = load_catalogue()
    if models is not None:
        catalogue = catalogue.with_configs(read_model_directory(models))
    token = _token(prometheus_token_file, "--prometheus-token-file", "NEUROSCALE_PROMETHEUS_TOKEN")
    tokens = None if prometheus is None else _token_source(prometheus, pod_labels, token, timeout_seconds)
    if usage.startswith(("http://", "https://")):
        opencost_token = _token(opencost_token_file, "--opencost-token-file", "NEUROSCALE_OPENCOST_TOKEN")
        measured = _from_opencost(usage, window, opencost_token, timeout_seconds, tokens, statements)
    else:
        if window is not None:
            raise InvalidInputError(
                "a file has the window that it was saved with", field="--window", fix="leave it out"
            )
        measured = _from_file(usage, tokens, statements)
    pricing = BilledElsewhere(currency or measured.currency) if tariff is None else tariff
    attribution = attribute(measured.endpoints, pricing, catalogue.find)
    notes = (*unbilled(attribution.endpoints), *measured.notes)
    click.echo(_OUTPUTS[output](CostReport(attribution, by, measured.window, notes)), nl=False)


def _from_opencost(
    address: str,
    window: str | None,
    token: str | None,
    seconds: float,
    tokens: "TokenSource | None",
    statements: Statements,
) -> "MeasuredUsage":
    from neuroscale.cost_sources.client import CostSource  # noqa: PLC0415
    from neuroscale.cost_sources.usage import read_measured_usage  # noqa: PLC0415

    source = CostSource("OpenCost", check_base_address(address, "USAGE"), lambda: token, seconds)
    return asyncio.run(read_measured_usage(source, window or _DEFAULT_WINDOW, tokens, statements))


def _from_file(usage: str, tokens: "TokenSource | None", statements: Statements) -> "MeasuredUsage":
    from neuroscale.cost_sources.usage import parse_usage_text, read_saved_usage  # noqa: PLC0415

    place = "standard input" if usage == STANDARD_INPUT else usage
    text = text_of(sys.stdin.buffer.read(), place) if usage == STANDARD_INPUT else read_text_file(Path(usage))
    return asyncio.run(read_saved_usage(parse_usage_text(text, place), place, tokens, statements))


def _token_source(address: str, pod_labels: str, token: str | None, seconds: float) -> "TokenSource":
    # The HTTP client takes longer to import than most commands take to run.
    from neuroscale.cost_sources.client import CostSource  # noqa: PLC0415
    from neuroscale.cost_sources.prometheus import PodLabels  # noqa: PLC0415
    from neuroscale.cost_sources.usage import TokenSource  # noqa: PLC0415

    namespace, comma, pod = pod_labels.partition(",")
    if not comma:
        raise InvalidInputError(
            f"{pod_labels!r} are not two labels", field="--pod-labels", fix="write namespace,pod"
        )
    source = CostSource("Prometheus", check_base_address(address, "--prometheus"), lambda: token, seconds)
    return TokenSource(source, PodLabels(namespace.strip(), pod.strip()))


def _token(path: Path | None, option: str, variable: str) -> str | None:
    from neuroscale.cost_sources.token_file import read_token  # noqa: PLC0415

    return os.environ.get(variable) or None if path is None else read_token(path, option)


def _statements(models_of: tuple[str, ...], accelerators_of: tuple[str, ...]) -> Statements:
    kinds = [text for text in accelerators_of if "=" not in text]
    if len(kinds) > 1:
        raise InvalidInputError(
            f"{' and '.join(kinds)} cannot both be the kind of all", field="--accelerator", fix="name the endpoints"
        )
    accelerators = _pairs([text for text in accelerators_of if "=" in text], "--accelerator", "KIND")
    return Statements(
        models=_pairs(models_of, "--model", "REPOSITORY"),
        accelerators={endpoint: accelerator_by_name(kind).name for endpoint, kind in accelerators.items()},
        default_accelerator=accelerator_by_name(kinds[0]).name if kinds else None,
    )


def _pairs(texts: tuple[str, ...] | list[str], option: str, meaning: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        endpoint, equals, value = text.partition("=")
        if not equals or endpoint.count("/") != 1 or not value:
            raise InvalidInputError(
                f"{text!r} does not name an endpoint", field=option, fix=f"write NAMESPACE/ENDPOINT={meaning}"
            )
        pairs[endpoint] = value
    return pairs
