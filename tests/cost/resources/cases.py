"""The pull requests of `cases/`: a folder for each, with the manifests before and after it and what is told."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.cost.resources.change import compare_manifests
from neuroscale.cost.resources.comparison import Comparison
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import ManifestObject
from neuroscale.prices.book_file import read_price_book
from neuroscale.prices.price import PriceBook
from neuroscale.prices.tariff import Tariff
from neuroscale.rules.subject import ClusterFacts

FOLDER = Path(__file__).parent / "cases"
PRICES = Path(__file__).parent / "prices.yaml"
WEIGHTS = "weights per accelerator"
NAMES = sorted(each.name for each in FOLDER.iterdir())


@dataclass(frozen=True, slots=True)
class Case:
    """One pull request."""

    name: str

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    def side(self, side: str) -> dict[str, str]:
        """Return the texts of a side by file name, in the order of their names; none where the side is empty."""
        folder = self.folder / side
        return {str(file): file.read_text("utf-8") for file in sorted(folder.glob("*.yaml"))}

    def objects(self, side: str) -> tuple[ManifestObject, ...]:
        return tuple(each for file, text in self.side(side).items() for each in load_manifests(text, file))

    def expected(self, name: str) -> Path:
        return self.folder / name


def price_book() -> PriceBook:
    return read_price_book(PRICES.read_text("utf-8"), str(PRICES))


def compared(name: str, *, with_prices: bool = True, is_undone: bool = False) -> Comparison:
    """Return what a pull request does, or what its revert does."""
    case = Case(name)
    before, after = ("head", "base") if is_undone else ("base", "head")
    facts = ClusterFacts(models=load_catalogue(), context=case.objects("context"))
    tariff = Tariff(price_book()) if with_prices else None
    return compare_manifests(case.objects(before), case.objects(after), facts, tariff)


def without_weights_in_json(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without the estimate of weights, which the specifications of sizes hold, not these."""
    for compared in answer["objects"]:
        compared["differences"] = [each for each in compared["differences"] if each["name"] != WEIGHTS]
        for engine in (*compared["engines"]["before"], *compared["engines"]["after"]):
            del engine["weightsBytesPerAccelerator"]
    return answer


def without_weights(comment: str) -> str:
    """Return a comment without the estimate of weights."""
    lines = comment.splitlines(keepends=True)
    return "".join(line for line in lines if not (line.startswith("weights ") or f"{WEIGHTS}:" in line))


def recorded_answer(name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(Case(name).expected("expected.json").read_text("utf-8"))
    return answer


def recorded_comment(name: str) -> str:
    return Case(name).expected("expected.md").read_text("utf-8")
