"""The share of a device that SGLang takes by default: never more than it chose anywhere."""

import pytest

from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.sizing.static_share import least_default_static_share
from tests.sizing.settings import model, sglang

_QWEN = "Qwen/Qwen3-8B"


def _device(name: str) -> Accelerator:
    accelerator = accelerator_by_name(name)
    assert accelerator is not None
    return accelerator


def _share(repository: str, device: str, *arguments: str) -> float:
    return least_default_static_share(model(repository), sglang(*arguments), _device(device))


@pytest.mark.parametrize(("repository", "chosen"), [("Qwen/Qwen3-32B", 0.828), (_QWEN, 0.874)])
def test_it_is_close_to_what_users_saw_on_h100_and_below(repository: str, chosen: float) -> None:
    # https://github.com/sgl-project/sglang/issues/29092 and /issues/7883
    assert chosen - 0.1 < _share(repository, "h100-80gb-sxm") < chosen


@pytest.mark.parametrize(
    "arguments",
    [
        ("--chunked-prefill-size=32768",),
        ("--tp-size=16",),
        ("--tp-size=8", "--dp-size=8", "--enable-dp-attention"),
        ("--tp-size=8", "--moe-a2a-backend=deepep", "--chunked-prefill-size=16384"),
    ],
    ids=" ".join,
)
def test_whatever_needs_memory_beside_weights_and_caches_lowers_it(arguments: tuple[str, ...]) -> None:
    assert _share(_QWEN, "h100-80gb-sxm", *arguments) < _share(_QWEN, "h100-80gb-sxm")


def test_smaller_steps_raise_it() -> None:
    copies = ("--tp-size=8", "--dp-size=8", "--enable-dp-attention")
    captured = "--cuda-graph-max-bs-decode=64"
    assert _share(_QWEN, "h200-141gb-sxm", *copies, captured) > _share(_QWEN, "h200-141gb-sxm", *copies)


def test_images_lower_it() -> None:
    assert _share("google/gemma-3-27b-it", "h100-80gb-sxm") < 0.77 * _share(_QWEN, "h100-80gb-sxm")


@pytest.mark.parametrize("device", list(load_accelerators()))
@pytest.mark.parametrize("arguments", [(), ("--tp-size=8", "--dp-size=8", "--enable-dp-attention")], ids=" ".join)
def test_it_is_a_share_on_every_device(device: str, arguments: tuple[str, ...]) -> None:
    assert 0 <= _share("google/gemma-3-27b-it", device, *arguments) <= _share(_QWEN, device, *arguments) < 0.8
