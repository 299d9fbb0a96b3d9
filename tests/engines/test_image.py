"""What an image reference says about the engine inside, and what it does not say."""

import pytest

from neuroscale.engines.image import image_entrypoint, image_version, parse_image


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("vllm/vllm-openai:v0.33.0", "0.33.0"),
        ("docker.io/vllm/vllm-openai:v0.19.0-cu130", "0.19.0"),
        ("localhost:5000/vllm-openai:v0.10.1.1", None),
        ("vllm/vllm-openai:v0.8.5.post1", "0.8.5.post1"),
        ("vllm/vllm-openai:v0.11.0rc2", "0.11.0rc2"),
        ("vllm/vllm-openai:v0.33.0@sha256:" + "0" * 64, "0.33.0"),
        ("vllm/vllm-openai@sha256:" + "0" * 64, None),
        ("vllm/vllm-openai:latest", None),
        ("vllm/vllm-openai:nightly-0123abc", None),
        ("vllm/vllm-openai:gemma4-x86_64-cu130", None),
        ("vllm/vllm-openai", None),
        ("vllm/vllm-openai-rocm:v0.20.2", "0.20.2"),
        ("lmcache/vllm-openai:v0.3.1", None),
        ("nvcr.io/nvidia/vllm:25.09-py3", None),
        ("registry.example/team/vllm:v0.10.2", None),
        ("ghcr.io/llm-d/llm-d-cuda:v0.6.0", None),
        ("kserve/huggingfaceserver:v0.17.1-gpu", "0.15.1"),
        ("kserve/huggingfaceserver:v0.20.0", "0.24.0"),
        ("kserve/huggingfaceserver:v0.15.0-gpu", "0.8.1"),
        ("kserve/huggingfaceserver:v0.12.0-gpu", None),
        ("kserve/huggingfaceserver:latest-gpu", None),
        ("", None),
        (None, None),
    ],
)
def test_the_version_in_a_tag(image: str | None, version: str | None) -> None:
    read = image_version(image)
    assert (None if read is None else str(read)) == version


@pytest.mark.parametrize(
    ("image", "entrypoint"),
    [
        ("vllm/vllm-openai:v0.11.0", "vllm-api-server"),
        ("vllm/vllm-openai:v0.11.1", "vllm-serve"),
        ("vllm/vllm-openai:latest", "vllm-serve"),
        ("kserve/huggingfaceserver:latest", "huggingfaceserver"),
        ("busybox", None),
    ],
)
def test_what_an_image_starts(image: str, entrypoint: str | None) -> None:
    assert image_entrypoint(image) == entrypoint


def test_a_registry_port_is_no_tag() -> None:
    reference = parse_image("localhost:5000/vllm/vllm-openai")
    assert (reference.repository, reference.tag) == ("localhost:5000/vllm/vllm-openai", None)
