"""What building Step 5 with vLLM needs without an accelerator: its kernels are stood in for."""

import importlib
from functools import cache
from typing import Any
from unittest.mock import MagicMock


@cache
def prepare_step5() -> None:
    """Let the classes of Step 5 be built on a machine for which vLLM has no kernels of theirs."""
    torch: Any = importlib.import_module("torch")
    interface: Any = importlib.import_module("vllm.platforms.interface")
    platforms: Any = importlib.import_module("vllm.platforms")
    # The oldest accelerator that the sparse layers are written for.
    capability = interface.DeviceCapability(9, 0)
    platforms.current_platform.__class__.get_device_capability = classmethod(lambda *_device, **_named: capability)
    importlib.import_module("vllm.triton_utils").tl.extra = MagicMock()
    model: Any = importlib.import_module("vllm.models.step5.nvidia.model")

    class Attention(torch.nn.Module):  # type: ignore[misc]
        """Stands for the attention behind the projections, which has no weights."""

        def __init__(self, *_shape: Any, prefix: str = "", **_settings: Any) -> None:
            super().__init__()
            self.impl = MagicMock()
            self.layer_name = prefix

    model.Attention = Attention
