"""Writes down anew what is told of every pull request: `python -m tests.cost.resources.record`."""

import json
from pathlib import Path

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cost.resources.change import compare_manifests
from neuroscale.cost.resources.json_report import comparison_as_json
from neuroscale.cost.resources.markdown import comparison_as_markdown
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import ManifestObject
from neuroscale.prices.book_file import read_price_book
from neuroscale.prices.tariff import Tariff
from neuroscale.rules.subject import ClusterFacts
from tests.cost.resources.cases import NAMES, Case, compared, without_weights, without_weights_in_json

DOCUMENTS = Path(__file__).parents[3] / "docs"


def record_cases() -> None:
    """Record every pull request of `cases/`."""
    for name in NAMES:
        comparison = compared(name)
        answer = without_weights_in_json(comparison_as_json(comparison))
        text = json.dumps(answer, indent=2, ensure_ascii=False)
        Case(name).expected("expected.json").write_text(f"{text}\n", encoding="utf-8")
        comment = without_weights(comparison_as_markdown(comparison))
        Case(name).expected("expected.md").write_text(comment, encoding="utf-8")


def example(side: str) -> list[ManifestObject]:
    """Return the objects of one side of the page's example."""
    files = sorted((DOCUMENTS / "examples" / "pull-request" / side).glob("*.yaml"))
    return [manifest for file in files for manifest in load_manifests(file.read_text("utf-8"), str(file))]


def record_page() -> None:
    """Put the comment on the example into the page about comparing changes."""
    book = DOCUMENTS / "examples" / "prices.yaml"
    facts = ClusterFacts(models=load_catalogue())
    tariff = Tariff(read_price_book(book.read_text("utf-8"), str(book)))
    comparison = compare_manifests(example("base"), example("head"), facts, tariff)
    comment = comparison_as_markdown(comparison)
    page = DOCUMENTS / "comparing-changes.md"
    before, _, rest = page.read_text("utf-8").partition("````markdown\n")
    _, _, after = rest.partition("````")
    page.write_text(f"{before}````markdown\n{comment}````{after}", encoding="utf-8")


if __name__ == "__main__":
    record_cases()
    record_page()
