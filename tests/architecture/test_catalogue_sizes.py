"""Every model of the catalogue has the size that its checkpoint stores, and is read as MoE or dense rightly."""

import json
import re
from pathlib import Path

import pytest

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.catalogue_building.proof import contradiction, stored_parameters

SIZES = json.loads((Path(__file__).parent / "fixtures" / "catalogue_sizes.json").read_text(encoding="utf-8"))
REPOSITORIES = load_catalogue().repositories()
PUBLISHED = "published config.json"
STATED_PARAMETERS = re.compile(r"; they give the ([0-9,]+) parameters that it stores")
TWIN = re.compile(
    r"the configuration of .*; they give the ([0-9,]+) elements that it stores(?:, ([0-9,]+) (more|fewer) than)?"
)
# The scales of block-wise FP8 weights are stored beside the parameters: one in 128 x 128.
SCALES = 1 / (128 * 128)
# Types whose checkpoints are all mixtures of experts; of the others only those whose names state active parameters.
MIXTURES = {
    "bailing_moe", "deepseek_ref", "deepseek_v2", "deepseek_v3", "deepseek_v32", "deepseek_v4", "dots1", "glm4_moe",
    "glm4_moe_lite", "glm_moe_dsa", "gpt_oss", "granitemoe", "jamba", "kimi_k2", "kimi_k25", "kimi_k3", "llama4",
    "mimo_v2_flash", "minimax_m2", "minimax_m3", "mixtral", "olmoe", "phimoe", "qwen2_moe", "qwen3_5_moe",
    "qwen3_moe", "qwen3_next", "qwen3_vl_moe", "step3p7",
}  # fmt: skip
NAMES_ACTIVE_PARAMETERS = re.compile(r"(?i)-a\d+(?:\.\d+)?[bm](?:-|$)")
HONESTLY_UNCOUNTED = {
    "MiniMaxAI/MiniMax-M3",
    "sgl-project/DeepSeek-V4-Flash-FP8",
    "sgl-project/DeepSeek-V4-Pro-FP8",
    "stepfun-ai/Step-3.7-Flash",
    "stepfun-ai/Step-3.7-Flash-FP8",
}


def _architecture(repository: str) -> ModelArchitecture:
    architecture = load_catalogue().find(repository)
    assert architecture is not None
    return architecture


def _provenance(repository: str) -> str:
    return load_catalogue().require(repository, "name another").provenance


def _is_published(repository: str) -> bool:
    return _provenance(repository).startswith(PUBLISHED)


def _is_twin(repository: str) -> bool:
    return TWIN.match(_provenance(repository)) is not None


@pytest.mark.parametrize("repository", [name for name in REPOSITORIES if _is_twin(name)])
def test_a_twin_gives_the_stored_elements_to_the_last_one(repository: str) -> None:
    told = TWIN.match(_provenance(repository))
    assert told is not None
    elements, extra = (int((text or "0").replace(",", "")) for text in told.group(1, 2))
    assert elements + (extra if told[3] == "fewer" else -extra) in stored_parameters(_architecture(repository))


@pytest.mark.parametrize(
    "repository", [name for name in REPOSITORIES if not (_is_published(name) or _is_twin(name))]
)
def test_figures_give_the_stored_parameters_to_the_last_one(repository: str) -> None:
    stated = STATED_PARAMETERS.search(_provenance(repository))
    assert stated is not None
    architecture = _architecture(repository)
    assert int(stated[1].replace(",", "")) in stored_parameters(architecture)
    assert contradiction(repository, architecture) is None


@pytest.mark.parametrize("repository", [name for name in REPOSITORIES if _is_published(name)])
def test_published_configurations_give_the_stored_parameters(repository: str) -> None:
    architecture = _architecture(repository)
    if architecture.parameters is None:
        assert repository in HONESTLY_UNCOUNTED
        assert architecture.unread
        return
    if repository in SIZES["same_as"]:
        base = _architecture(SIZES["same_as"][repository])
        assert architecture.parameters.total == (base.parameters and base.parameters.total)
        return
    if repository in SIZES["stated"]:
        stated = SIZES["stated"][repository]
        assert architecture.parameters.total == pytest.approx(stated["parameters"], rel=stated["tolerance"])
        return
    stored = SIZES["stored"][repository]
    possible = set(stored_parameters(architecture))
    if architecture.tied_embeddings:
        possible |= {total + architecture.parameters.input_embedding for total in possible}
    quantised = architecture.quantization is not None
    known = SIZES["known_differences"].get(repository)
    tolerance = known["fraction"] if known is not None else SCALES * 1.01 if quantised else 0
    assert min(abs(total - stored) for total in possible) <= tolerance * stored


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_a_mixture_of_experts_is_read_as_one_and_a_dense_model_is_not(repository: str) -> None:
    architecture = _architecture(repository)
    names_active = NAMES_ACTIVE_PARAMETERS.search(repository) is not None
    is_mixture = architecture.model_type in MIXTURES or names_active
    assert architecture.is_mixture_of_experts is is_mixture


def test_differences_that_are_known_are_still_there() -> None:
    for repository, known in SIZES["known_differences"].items():
        stored = SIZES["stored"][repository]
        nearest = min(abs(total - stored) for total in stored_parameters(_architecture(repository)))
        assert 0.5 * known["fraction"] * stored < nearest
