"""The shipped catalogue: what it holds, where it came from, how a model is looked up."""

import json
import re
from importlib.resources import files

import jsonschema
import pytest

from neuroscale.architecture.catalogue import OVERLAY_PROVENANCE, Catalogue, load_catalogue
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError

PACKAGE = r"the (?:PyPI|Cargo) package [a-z-]+ \d+(?:\.\d+)+"
PROVENANCE = re.compile(
    rf"(?:published config\.json as shipped in|figures in|figures of checkpoints of its type and size in"
    rf"|defaults of its class in|the configuration of [^ /]+/[^ /]+, by its figures in) {PACKAGE}"
)
DATA = files("neuroscale.architecture").joinpath("data")
EXPECTED = (
    "google/gemma-4-26B-A4B",
    "Qwen/Qwen3-0.6B",
    "Qwen/Qwen3-30B-A3B",
    "Qwen/Qwen3-30B-A3B-FP8",
    "Qwen/Qwen3-235B-A22B",
    "mistralai/Mixtral-8x7B-v0.1",
    "deepseek-ai/DeepSeek-V3",
    "openai/gpt-oss-120b",
    "openai/gpt-oss-20b",
    "meta-llama/Meta-Llama-3.1-8B",
    "moonshotai/Kimi-K2-Instruct",
)


def test_every_line_obeys_the_schema() -> None:
    schema = json.loads(DATA.joinpath("catalogue.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for line in DATA.joinpath("catalogue.jsonl").read_text(encoding="utf-8").splitlines():
        validator.validate(json.loads(line))


@pytest.mark.parametrize("repository", EXPECTED)
def test_well_known_models_are_found_and_counted(repository: str) -> None:
    architecture = load_catalogue().find(repository)
    assert architecture is not None
    assert architecture.parameters is not None


def test_several_hundred_models_are_read_without_error() -> None:
    catalogue = load_catalogue()
    assert len(catalogue.repositories()) >= 700
    for repository in catalogue.repositories():
        assert catalogue.find(repository) is not None


def test_the_file_stays_small_enough_to_ship() -> None:
    assert len(DATA.joinpath("catalogue.jsonl").read_bytes()) < 1_500_000


def test_an_entry_is_parsed_when_it_is_asked_for_and_no_earlier() -> None:
    catalogue = Catalogue(
        {"me/good": '{"repository":"me/good","revision":null,"provenance":"p","config":{}}', "me/bad": "{"}
    )
    assert catalogue.entry("me/good") is not None
    with pytest.raises(json.JSONDecodeError):
        catalogue.entry("me/bad")


def test_repository_names_are_unique_and_sorted_without_regard_to_case() -> None:
    names = [name.casefold() for name in load_catalogue().repositories()]
    assert names == sorted(set(names))


def test_every_entry_tells_where_it_came_from() -> None:
    catalogue = load_catalogue()
    for repository in catalogue.repositories():
        entry = catalogue.entry(repository)
        assert entry is not None
        assert PROVENANCE.match(entry.provenance), entry.provenance


def test_a_model_is_found_whatever_the_case_of_its_name() -> None:
    catalogue = load_catalogue()
    assert catalogue.find("GOOGLE/gemma-4-26b-a4b") == catalogue.find("google/gemma-4-26B-A4B")
    entry = catalogue.entry("GOOGLE/gemma-4-26b-a4b")
    assert entry is not None
    assert entry.repository == "google/gemma-4-26B-A4B"


def test_a_variant_that_is_not_listed_is_not_guessed() -> None:
    assert load_catalogue().find("meta-llama/Meta-Llama-3.1-8B-Instruct-of-mine") is None


def test_an_overlay_wins_and_leaves_the_shipped_catalogue_alone() -> None:
    shipped = load_catalogue()
    overlaid = shipped.with_configs(
        {"Google/Gemma-4-26B-A4B": {"model_type": "llama"}, "me/mine": {"model_type": "qwen2"}}
    )
    assert overlaid.find("google/gemma-4-26B-A4B") == read_architecture({"model_type": "llama"})
    assert overlaid.find("me/mine") == read_architecture({"model_type": "qwen2"})
    assert {"me/mine", "Google/Gemma-4-26B-A4B"} <= set(overlaid.repositories())
    entry = overlaid.entry("me/mine")
    assert entry is not None
    assert entry.provenance == OVERLAY_PROVENANCE
    assert shipped.find("me/mine") is None
    assert shipped.find("google/gemma-4-26B-A4B") != overlaid.find("google/gemma-4-26B-A4B")


def test_a_second_overlay_keeps_the_first() -> None:
    both = (
        load_catalogue()
        .with_configs({"me/a": {"model_type": "llama"}})
        .with_configs({"me/b": {"model_type": "qwen2"}})
    )
    assert both.find("me/a") is not None
    assert both.find("me/b") is not None


def test_a_wrong_configuration_of_an_overlay_is_refused_with_its_model_and_field() -> None:
    overlaid = load_catalogue().with_configs({"me/mine": {"model_type": "llama", "hidden_size": -1}})
    with pytest.raises(InvalidInputError) as refused:
        overlaid.find("ME/mine")
    assert refused.value.field == "me/mine: hidden_size"


def test_the_catalogue_is_loaded_once() -> None:
    assert load_catalogue() is load_catalogue()
