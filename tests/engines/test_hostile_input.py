"""Input that is made to exhaust the reader is answered, and never with an exception."""

import pytest

from neuroscale.engines.recognition import read_engine_settings

_IMAGE = "vllm/vllm-openai:latest"
_ENVIRONMENT = {f"VARIABLE_{index}": "value" for index in range(2000)}


@pytest.mark.parametrize(
    "script",
    [
        "vllm serve M " + "--x=$(" * 3000,
        'vllm serve "' + "a" * 100_000 + '"',
        "vllm serve M " + "cat <<E\nE\n" * 5000,
        "vllm serve M " + "b " * 60_000,
        "vllm serve M " + "$A" * 60_000,
        "sh -c 'sh -c \"sh -c sh\\ -c\"'" * 1000,
        "eval " * 1000 + "vllm serve M",
    ],
    ids=["substitutions", "quotes", "here-documents", "words", "expansions", "shells", "evals"],
)
def test_a_long_script_is_answered(script: str) -> None:
    read_engine_settings(None, ["sh", "-c"], [script], _ENVIRONMENT)


@pytest.mark.parametrize(
    "arguments",
    [
        [f"--a{index}" for index in range(100_000)],
        ["--eplb-config." + "a." * 50_000, "1"],
        ["--hf-overrides", "[" * 100_000],
        ["--hf-overrides", '{"a":' * 100_000],
        ["--eplb-config.a", "[" * 100_000],
        ["--max-model-len", "9" * 100_000],
        ["--max-model-len", "9" * 100_000 + "K"],
        ["--gpu-memory-utilization", "nan"],
        ["--" + "a" * 100_000],
    ],
    ids=["options", "dots", "brackets", "braces", "dotted", "digits", "magnitude", "not-a-number", "long-option"],
)
def test_long_arguments_are_answered(arguments: list[str]) -> None:
    assert read_engine_settings(_IMAGE, [], ["M", *arguments], {}) is not None


def test_arguments_beyond_what_is_read_make_the_rest_unknown() -> None:
    settings = read_engine_settings(_IMAGE, [], ["M", *(["--enforce-eager"] * 5000)], {})
    assert settings is not None
    assert [problem.kind for problem in settings.problems] == ["unreadable"]
    assert settings.unresolved == ("...",)


def test_a_script_that_is_too_long_starts_no_known_engine() -> None:
    assert read_engine_settings(None, ["sh", "-c"], ["vllm serve M #" + "x" * 2**17], {}) is None


@pytest.mark.parametrize(
    "arguments",
    [
        [f"--a{index}" for index in range(100_000)],
        ["--num-shard", "9" * 100_000],
        ["--tp_size", "9" * 100_000],
        ["--port=" + "9" * 100_000],
        ["--" + "a" * 100_000],
        ["--num-shard"] * 5000,
        ["-p" * 1000],
        ["--=", "=", "-", "--", "---"],
    ],
    ids=["options", "shards", "size", "port", "long-option", "repeated", "short", "signs"],
)
@pytest.mark.parametrize(
    ("image", "program"),
    [
        ("ghcr.io/huggingface/text-generation-inference:latest", []),
        ("nvcr.io/nvidia/tensorrt-llm/release:1.1.0", ["trtllm-serve", "M"]),
    ],
    ids=["text-generation-inference", "tensorrt-llm"],
)
def test_other_engines_answer_long_arguments_too(image: str, program: list[str], arguments: list[str]) -> None:
    environment = {**_ENVIRONMENT, "MAX_TOTAL_TOKENS": "9" * 100_000}
    assert read_engine_settings(image, program, arguments, environment) is not None


@pytest.mark.parametrize(
    ("text", "unresolved"),
    [
        ("[" * 50_000, ["--extra_llm_api_options"]),
        ("a: &a [*a]", ["--extra_llm_api_options"]),
        ("x" * 2**17, ["--extra_llm_api_options"]),
        ("- tensor_parallel_size", ["--extra_llm_api_options"]),
        ("1: 2", ["--extra_llm_api_options"]),
        ("", ["--extra_llm_api_options"]),
        ("tensor_parallel_size: [8]", ["--tp_size"]),
        ("tensor_parallel_size: 8.0", ["--tp_size"]),
        ("moe_expert_parallel_size: true", ["--ep_size"]),
        ("kv_cache_config: 7\ncp_config: {cp_type: HELIX}", []),
        ("tensor_parallel_size: null", []),
    ],
)
def test_a_file_of_options_is_read_or_left_open(text: str, unresolved: list[str]) -> None:
    settings = read_engine_settings(
        "nvcr.io/nvidia/tensorrt-llm/release:1.1.0",
        ["trtllm-serve", "M"],
        ["--tp_size=4", "--extra_llm_api_options=/f.yaml"],
        {},
        {"/f.yaml": text},
    )
    assert settings is not None
    assert list(settings.unresolved) == unresolved
