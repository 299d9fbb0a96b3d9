"""What depends on the version of vLLM, at the releases where it changes."""

from dataclasses import replace

import pytest
from packaging.version import Version

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ContextLength, ModelArchitecture
from neuroscale.engines.vllm_facts import (
    FactName,
    default_gpu_memory_utilization,
    derived_maximum_tokens,
    fact_holds,
    version_fact,
)


def _architecture(context: ContextLength | None, model_type: str = "qwen3") -> ModelArchitecture:
    architecture = load_catalogue().find("Qwen/Qwen3-8B")
    assert architecture is not None
    return replace(architecture, context=context, model_type=model_type)


@pytest.mark.parametrize(
    ("version", "share"),
    [("0.8.5", 0.9), ("0.19.0", 0.9), ("0.19.1", 0.9), ("0.20.0", 0.92), ("0.33.0", 0.92), ("0.40.0", 0.92)],
)
def test_the_default_share_of_memory(version: str, share: float) -> None:
    assert default_gpu_memory_utilization(Version(version)) == share


def test_an_unknown_version_is_given_the_larger_share() -> None:
    assert default_gpu_memory_utilization(None) == 0.92


@pytest.mark.parametrize(
    ("name", "version", "holds"),
    [
        ("fp8-block-shard-must-be-whole-blocks", "0.28.0", True),
        ("fp8-block-shard-must-be-whole-blocks", "0.29.0", False),
        ("fp8-block-shard-must-be-whole-blocks", "0.28.1", None),
        ("fp8-block-shard-must-be-whole-blocks", None, None),
        ("quantization-fp8-converts-online", "0.30.0", True),
        ("quantization-fp8-converts-online", "0.33.0", True),
        ("dynamic-per-tensor-fp8-breaks-data-parallel-moe", "0.15.1", None),
        ("dynamic-per-tensor-fp8-breaks-data-parallel-moe", "0.19.0", True),
        ("dynamic-per-tensor-fp8-breaks-data-parallel-moe", "0.33.0", True),
        ("dynamic-per-tensor-fp8-breaks-data-parallel-moe", "0.34.0", None),
        ("dynamic-per-tensor-fp8-breaks-data-parallel-moe", None, None),
        ("dense-model-refuses-external-data-parallel", "0.20.2", False),
        ("dense-model-refuses-external-data-parallel", "0.21.0", True),
        ("all2all-backend-variable-read", "0.15.1", True),
        ("all2all-backend-variable-read", "0.16.0", False),
        ("wna16-group-size-checked", "0.23.0", False),
        ("wna16-group-size-checked", "0.24.0", True),
    ],
)
def test_a_fact_at_its_boundaries(name: FactName, version: str | None, holds: bool | None) -> None:
    assert fact_holds(name, None if version is None else Version(version)) is holds


def test_every_fact_cites_its_source() -> None:
    fact = version_fact("dynamic-per-tensor-fp8-breaks-data-parallel-moe")
    assert "38999" in fact.source
    assert fact.meaning


@pytest.mark.parametrize(
    ("context", "version", "tokens"),
    [
        (ContextLength(40_960), "0.33.0", 40_960),
        (ContextLength(8192, "linear", 4.0), "0.33.0", 32_768),
        (ContextLength(8192, "dynamic", 2.0), "0.10.2", 16_384),
        (ContextLength(131_072, "llama3", 8.0, 8192), "0.33.0", 131_072),
        (ContextLength(131_072, "longrope", 32.0, 4096), "0.33.0", 131_072),
        (ContextLength(131_072, "yarn", 4.0, 32_768), "0.29.0", 131_072),
        (ContextLength(32_768, "yarn", 4.0, 32_768), "0.29.0", 131_072),
        (ContextLength(32_768, "yarn", 4.0, 32_768), "0.30.0", 32_768),
        (ContextLength(32_768, "yarn", 4.0, 32_768), None, 131_072),
        (ContextLength(163_840, "deepseek_yarn", 40.0, 4096), "0.33.0", 163_840),
        (None, "0.33.0", None),
    ],
)
def test_the_derived_maximum(context: ContextLength | None, version: str | None, tokens: int | None) -> None:
    assert derived_maximum_tokens(_architecture(context), None if version is None else Version(version)) == tokens


def test_gemma_3_states_its_scaled_context() -> None:
    architecture = _architecture(ContextLength(131_072, "linear", 8.0), model_type="gemma3_text")
    assert derived_maximum_tokens(architecture, Version("0.33.0")) == 131_072
