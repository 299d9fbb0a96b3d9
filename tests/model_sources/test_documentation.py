"""The page about sources says what the code does."""

import json
import re
from pathlib import Path

import gguf
import pytest

from neuroscale.cli.model_argument import LIMITS
from neuroscale.model_sources.limits import MEBIBYTE, Limits
from neuroscale.model_sources.location import (
    HubModel,
    LocalModel,
    NamedModel,
    ObjectModel,
    StandardInput,
    WebModel,
    parse_model_location,
)
from neuroscale.model_sources.sources import SourceSettings

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "model-sources.md").read_text(encoding="utf-8")
KINDS = {
    "the catalogue": NamedModel,
    "the hub": HubModel,
    "the same": HubModel,
    "one file of a repository": HubModel,
    "S3": ObjectModel,
    "Google Cloud Storage": ObjectModel,
    "Azure Blob Storage": ObjectModel,
    "a web server": WebModel,
    "a mounted directory": LocalModel,
    "a config.json on standard input": StandardInput,
}


def test_every_spelling_of_the_page_names_what_the_page_says() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|$", PAGE.partition("## On the")[0], flags=re.MULTILINE)
    assert len(rows) == 14
    for text, meaning in rows:
        kind = next(kind for words, kind in KINDS.items() if meaning.startswith(words))
        assert isinstance(parse_model_location(text), kind), text


def test_the_bounds_are_those_of_the_code() -> None:
    limits, settings = Limits(), SourceSettings()
    for bound in (
        f"| {limits.config_bytes // MEBIBYTE} MiB; {LIMITS.config_bytes // MEBIBYTE} MiB on the command line |",
        f"| {limits.index_bytes // MEBIBYTE} MiB |",
        f"| {limits.header_bytes // MEBIBYTE} MiB, read by ranges |",
        f"| {limits.weight_files} |",
        f"{LIMITS.total_seconds:g} s on the command line |",
        f"| {limits.idle_seconds:g} s |",
    ):
        assert bound in PAGE
    assert f"{settings.kept_models} of them for five minutes" in PAGE
    assert settings.kept_seconds == 300


def test_every_family_of_gguf_files_is_on_the_page() -> None:
    table = (PROJECT / "neuroscale/model_sources/data/gguf_families.json").read_text(encoding="utf-8")
    (sentence,) = re.findall(r"families ([^.]+) the metadata", PAGE)
    shown = set(re.findall(r"[a-z0-9-]+", sentence)) - {"and"}
    assert shown == {name.partition(" with ")[0] for name in json.loads(table)["families"]}


def test_the_bits_of_gguf_types_are_those_of_the_format() -> None:
    shown = dict(re.findall(r"^\| ([A-Z0-9_]+) \| ([0-9.]+) \|$", PAGE, flags=re.MULTILINE))
    blocks = {kind.name: sizes for kind, sizes in gguf.GGML_QUANT_SIZES.items() if sizes[0] > 1}
    assert {name: float(bits) for name, bits in shown.items()} == {
        name: pytest.approx(8 * stored / weights) for name, (weights, stored) in blocks.items()
    }


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)[)#]", PAGE):
        assert (PROJECT / "docs" / target).exists(), target
