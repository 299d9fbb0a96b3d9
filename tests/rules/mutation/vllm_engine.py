"""Let vLLM itself say whether it starts: its parser, its configuration and its model classes, without accelerators.

Needs an environment with vLLM. The platform stands for machines with as many H100 as are asked for; groups of
ranks are of the size that is asked for, of which this process is the first rank; kernels are not there, and large
tensors have shapes alone. What is judged is what the engine's own code refuses before it loads a weight.
"""

import contextlib
import importlib
import json
import os
import sys
import tempfile
import types
from collections.abc import Iterator, Mapping, MutableSequence, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.rules.mutation.outcomes import Outcome

_ENVIRONMENT = {
    "VLLM_LOGGING_LEVEL": "CRITICAL",
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_KIMI_K3_GEMM_AR": "0",
    "VLLM_DO_NOT_TRACK": "1",
}
# Compiled for accelerators whose libraries are not there.
_KERNEL_MODULES = (
    "vllm._C",
    "vllm._C_stable_libtorch",
    "vllm._moe_C",
    "vllm._moe_C_stable_libtorch",
    "vllm._vllm_fa2_C",
    "vllm._vllm_fa3_C",
    "vllm.vllm_flash_attn._vllm_fa2_C",
    "vllm.vllm_flash_attn._vllm_fa3_C",
    # Rewrites compiled graphs of those kernels; nothing is compiled.
    "vllm.compilation.passes.pass_manager",
)
# Layers ask for these when they are made; none is called.
_ACTIVATIONS = {
    "silu_and_mul",
    "mul_and_silu",
    "gelu_and_mul",
    "gelu_tanh_and_mul",
    "gelu_new",
    "gelu_fast",
    "gelu_quick",
    "relu_squared",
    "swigluoai_and_mul",
    "fatrelu_and_mul",
    "silu_and_mul_with_clamp",
}
_LARGE_ELEMENTS = 1 << 16
# One layer after another on one stage, and no more than few layers can take.
_SHORT_OPTIONS = (
    "--pipeline-parallel-size=1",
    "--max-model-len=64",
    "--max-num-batched-tokens=8192",
    "--enforce-eager",
)
_LONGEST_ERROR = 240
_MEMORY_BYTES = 80 << 30


def try_start(
    config: Mapping[str, Any], short_config: Mapping[str, Any], arguments: Sequence[str], accelerators: int
) -> Outcome:
    """Return what vLLM does with a model and arguments.

    Args:
        config: The model's config.json, against which arguments are judged.
        short_config: The same with fewer layers, from which the model is built.
        arguments: What stands after `vllm serve`, without the model.
        accelerators: How many accelerators the machine has.
    """
    platform = _start_engine()
    platform.count = accelerators
    with tempfile.TemporaryDirectory() as folder:
        whole, short = _written(folder, "whole", config), _written(folder, "short", short_config)
        try:
            _engine_config(whole, arguments)
        except SystemExit as refusal:
            return Outcome("arguments", f"SystemExit: {refusal.code}")
        except Exception as refusal:  # noqa: BLE001 - whatever the engine raises is its refusal
            return Outcome("configuration", _text(refusal))
        try:
            _build(_engine_config(short, _without_pipeline(arguments)))
        except Exception as refusal:  # noqa: BLE001 - see above
            return Outcome("construction", _text(refusal))
    return Outcome()


def _written(folder: str, name: str, config: Mapping[str, Any]) -> str:
    path = Path(folder) / name
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return str(path)


def _text(refusal: BaseException) -> str:
    lines = [line.strip() for line in str(refusal).splitlines() if line.strip()]
    if type(refusal).__name__ == "ValidationError" and len(lines) > 1:
        lines = [line.removeprefix("Value error, ").partition(" [type=")[0] for line in lines[1:]]
    return f"{type(refusal).__name__}: {lines[0] if lines else ''}"[:_LONGEST_ERROR]


def _without_pipeline(arguments: Sequence[str]) -> list[str]:
    return [*arguments, *_SHORT_OPTIONS]


def _engine_config(model: str, arguments: Sequence[str]) -> Any:
    parser = _parser()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stderr(nowhere):
        parsed = parser.parse_args([*arguments, "--model", model, "--tokenizer", model, "--skip-tokenizer-init"])
    engine_arguments = importlib.import_module("vllm.engine.arg_utils").AsyncEngineArgs.from_cli_args(parsed)
    context = importlib.import_module("vllm.usage.usage_lib").UsageContext.OPENAI_API_SERVER
    return engine_arguments.create_engine_config(context)


@cache
def _parser() -> Any:
    cli = _first_module(*(f"vllm.entrypoints.{folder}.cli_args" for folder in ("common", "launchers", "openai")))
    parsing = _first_module("vllm.utils.argparse_utils", "vllm.utils")
    return cli.make_arg_parser(parsing.FlexibleArgumentParser())


def _first_module(*names: str) -> Any:
    """Import the first of the places that a module had in the library's releases."""
    for name in names:
        with contextlib.suppress(ModuleNotFoundError):
            return importlib.import_module(name)
    raise ModuleNotFoundError(names[0])


def _build(engine_config: Any) -> None:
    torch = importlib.import_module("torch")
    vllm_config = importlib.import_module("vllm.config")
    loading = importlib.import_module("vllm.model_executor.model_loader.utils")
    model_config = engine_config.model_config
    if not model_config.is_moe:
        # As `v1/engine/core.py` does: its ranks are engines of their own.
        engine_config.parallel_config.reconfigure_for_independent_dp_rank()
    model_class, _ = loading.get_model_architecture(model_config)
    torch.set_default_dtype(model_config.dtype)
    try:
        with vllm_config.set_current_vllm_config(engine_config), _groups_of(engine_config), _shapes_alone(torch):
            model_class(vllm_config=engine_config, prefix="")
    finally:
        torch.set_default_dtype(torch.float32)


@contextlib.contextmanager
def _groups_of(engine_config: Any) -> Iterator[None]:
    """Make this process the first rank of groups of the sizes that the configuration asks for."""
    parallel: Any = importlib.import_module("vllm.distributed.parallel_state")
    sizes = engine_config.parallel_config
    world = sizes.tensor_parallel_size * sizes.prefill_context_parallel_size * sizes.data_parallel_size
    wanted = {
        "_TP": sizes.tensor_parallel_size,
        "_DP": sizes.data_parallel_size,
        "_EP": world,
        "_EPLB": world,
        "_PCP": sizes.prefill_context_parallel_size,
        "_DCP": sizes.decode_context_parallel_size,
    }
    before = {name: getattr(parallel, name, None) for name in wanted}
    for name, size in wanted.items():
        group = before[name] or before["_TP"]
        setattr(parallel, name, _Group(group, size))
    try:
        yield
    finally:
        for name, group in before.items():
            setattr(parallel, name, group)


class _Kernels(types.ModuleType):
    """Stands for a library of kernels: it has every function, and none is called."""

    __path__: MutableSequence[str] = []  # noqa: RUF012 - as modules have it

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_arguments, **_keywords: None


class _Operators:
    """Operators of a library: those that torch has, and those that only say what an accelerator can do."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        if "supports" in name or "supported" in name:
            return lambda *_arguments: True
        if name in _ACTIVATIONS:
            return lambda *_arguments: None
        return getattr(self._real, name)


class _Group:
    """A group of ranks of another size than the real one, which answers everything else."""

    def __init__(self, real: Any, size: int) -> None:
        self._real = real
        self.world_size = size
        self.rank_in_group = 0
        self.ranks = list(range(size))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@contextlib.contextmanager
def _shapes_alone(torch: Any) -> Iterator[None]:
    """Make large tensors without their content."""
    overrides: Any = importlib.import_module("torch.overrides")
    makers = {torch.empty, torch.zeros, torch.ones, torch.full, torch.randn, torch.rand}

    class LargeOnMeta(overrides.TorchFunctionMode):  # type: ignore[misc, name-defined, unused-ignore]
        def __torch_function__(
            self, function: Any, _types: Any, arguments: Sequence[Any] = (), keywords: Any = None
        ) -> Any:
            keywords = dict(keywords or {})
            if function in makers:
                keywords["device"] = "meta" if _elements(arguments, keywords) > _LARGE_ELEMENTS else "cpu"
            return function(*arguments, **keywords)

    with LargeOnMeta():
        yield


def _elements(arguments: Sequence[Any], keywords: Mapping[str, Any]) -> int:
    sizes: list[Any] = list(arguments) or [keywords.get("size", ())]
    if sizes and isinstance(sizes[0], (tuple, list)):
        sizes = list(sizes[0])
    product = 1
    for size in sizes:
        product *= int(size) if isinstance(size, int) else 1
    return product


@cache
def _start_engine() -> Any:
    """Make this process the only rank of an engine on a machine that is said to have accelerators."""
    os.environ.update(_ENVIRONMENT)
    platform = _say_accelerators()
    vllm_config = importlib.import_module("vllm.config")
    parallel_state = importlib.import_module("vllm.distributed.parallel_state")
    registry = importlib.import_module("vllm.model_executor.models.registry")
    # The library inspects every class in a process of its own, which would cost seconds for each.
    registry._LazyRegisteredModel.inspect_model_cls = lambda registered: registry._ModelInfo.from_model_cls(
        registered.load_model_cls()
    )
    store = Path(tempfile.mkdtemp()) / "store"
    with vllm_config.set_current_vllm_config(vllm_config.VllmConfig()):
        parallel_state.init_distributed_environment(1, 0, f"file://{store}", 0, backend="gloo")
        parallel_state.initialize_model_parallel()
    return platform


def _say_accelerators() -> Any:
    """Install a platform of the library's own kind that answers for hardware which is not there."""
    for name in _KERNEL_MODULES:
        sys.modules[name] = _Kernels(name)
    torch: Any = importlib.import_module("torch")
    platforms: Any = importlib.import_module("vllm.platforms")
    interface = importlib.import_module("vllm.platforms.interface")
    cuda: Any = importlib.import_module("vllm.platforms.cuda")

    class Accelerators(cuda.NonNvmlCudaPlatform):  # type: ignore[misc, name-defined, unused-ignore]
        count = 8

        @classmethod
        def get_device_capability(cls, device_id: int = 0) -> Any:
            return interface.DeviceCapability(major=9, minor=0)

        @classmethod
        def get_device_name(cls, device_id: int = 0) -> str:
            return "NVIDIA H100 80GB HBM3"

        @classmethod
        def get_device_total_memory(cls, device_id: int = 0) -> int:
            return _MEMORY_BYTES

        @classmethod
        def device_count(cls) -> int:
            return Accelerators.count

        @classmethod
        def is_fully_connected(cls, device_ids: Sequence[int]) -> bool:
            return True

        @classmethod
        def num_compute_units(cls, device_id: int = 0) -> int:
            return 132

    platform = Accelerators()
    platforms._current_platform = platform
    torch.ops._C = _Operators(torch.ops._C)
    torch.ops._moe_C = _Operators(torch.ops._moe_C)
    torch.cuda.is_available = lambda: True
    torch.cuda.device_count = lambda: Accelerators.count
    torch.cuda.get_device_capability = lambda device=None: (9, 0)
    torch.cuda.current_device = lambda: 0
    torch.cuda.get_device_properties = lambda device=None: types.SimpleNamespace(
        major=9, minor=0, name="NVIDIA H100 80GB HBM3", total_memory=_MEMORY_BYTES, multi_processor_count=132
    )
    torch.cuda.Stream = torch.cuda.Event = type("Nothing", (), {"__init__": lambda *_a, **_k: None})
    _say_triton(torch)
    return Accelerators


def _say_triton(torch: Any) -> None:
    """Let the library of kernels think that it has a driver, so that its programs can be declared."""
    compiler = importlib.import_module("triton.backends.compiler")
    runtime: Any = importlib.import_module("triton.runtime.driver")
    target = compiler.GPUTarget("cuda", 90, 32)
    runtime.driver._active = runtime.driver._default = types.SimpleNamespace(
        get_current_target=lambda: target,
        get_current_device=lambda: 0,
        get_active_torch_device=lambda: torch.device("cpu"),
        get_device_interface=lambda: torch.cuda,
        get_benchmarker=lambda: None,
        utils=types.SimpleNamespace(
            get_device_properties=lambda _device: {"multiprocessor_count": 132, "max_shared_mem": 232448}
        ),
    )
