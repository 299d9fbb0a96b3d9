"""Let SGLang itself say whether it starts: its parser, its resolution, its groups and its model classes.

Needs an environment with SGLang and the libraries that it imports, but no accelerator and none of its kernels:
those are replaced by inert stand-ins, the process says that it has H100s, groups of ranks have the sizes that are
asked for (this process is the first rank of groups that exchange nothing), and large tensors have shapes alone.
Every case runs in a process of its own, so that nothing of one is left to the next.
"""

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import logging
import os
import sys
import tempfile
import types
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.rules.mutation.outcomes import Outcome

_ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "0", "SGLANG_SKIP_SGL_KERNEL_VERSION_CHECK": "1"}
# Compiled for accelerators, or only of use beside them.
_KERNEL_LIBRARIES = frozenset(
    {
        "cutlass",
        "deep_ep",
        "deep_gemm",
        "flash_mla",
        "flashinfer",
        "humming",
        "modelscope",
        "mooncake",
        "nixl",
        "pynvml",
        "quack",
        "sgl_kernel",
        "tilelang",
        "torch_memory_saver",
        "torchao",
    }
)
# Plain Python, which decides what the kernels take.
_NUMBER_TYPES = "sgl_kernel.scalar_type"
_LARGE_ELEMENTS = 1 << 16
_LONGEST_ERROR = 240
_LONGEST_SECONDS = 120
_MEMORY_BYTES = 80 << 30
_DEVICES = 8
_DEVICE_NAME = "NVIDIA H100 80GB HBM3"
# Few layers are cut into no stages, and are one rank's wherever other machines hold the others.
_SHORT_OPTIONS = ("--pp-size=1", "--nnodes=1")


def try_start(config: Mapping[str, Any], short_config: Mapping[str, Any], arguments: Sequence[str]) -> Outcome:
    """Return what SGLang does with a model and arguments.

    Args:
        config: The model's config.json, against which arguments are judged.
        short_config: The same with fewer layers, from which the model is built.
        arguments: What stands after `python -m sglang.launch_server`, without the model.
    """
    _load_engine()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(writer, config, short_config, arguments)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as answers:
        answer = answers.read()
    _, status = os.waitpid(child, 0)
    if not answer:
        raise RuntimeError(f"the process of {arguments} ended without an answer: {status}")
    return Outcome(*json.loads(answer))


def _answer(writer: int, config: Mapping[str, Any], short: Mapping[str, Any], arguments: Sequence[str]) -> None:
    """Write what came of a case, and end the process."""
    signal = importlib.import_module("signal")
    signal.alarm(_LONGEST_SECONDS)
    try:
        outcome = _outcome(config, short, arguments)
        with os.fdopen(writer, "w", encoding="utf-8") as answers:
            json.dump([outcome.stage, outcome.error], answers)
    finally:
        os._exit(0)


def _outcome(config: Mapping[str, Any], short: Mapping[str, Any], arguments: Sequence[str]) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        try:
            _resolved(_written(folder, "whole", config), arguments)
        except SystemExit as refusal:
            return Outcome("arguments", f"SystemExit: {refusal.code}")
        except Exception as refusal:  # noqa: BLE001 - whatever the engine raises is its refusal
            return Outcome("configuration", _text(refusal))
        try:
            _build(_resolved(_written(folder, "short", short), [*arguments, *_SHORT_OPTIONS]))
        except Exception as refusal:  # noqa: BLE001 - see above
            return Outcome("construction", _text(refusal))
    return Outcome()


def _written(folder: str, name: str, config: Mapping[str, Any]) -> str:
    path = Path(folder) / name
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return str(path)


def _text(refusal: BaseException) -> str:
    """Return the type and the first line of an error, with the place of one that says nothing."""
    lines = [line.strip() for line in str(refusal).splitlines() if line.strip()]
    place = ""
    if not lines and refusal.__traceback__ is not None:
        trace = refusal.__traceback__
        while trace.tb_next is not None:
            trace = trace.tb_next
        place = f"in {trace.tb_frame.f_code.co_name}"
    return f"{type(refusal).__name__}: {lines[0] if lines else place}"[:_LONGEST_ERROR]


def _resolved(model: str, arguments: Sequence[str]) -> Any:
    """Return the arguments as the engine's launcher has them when it starts its workers."""
    module = importlib.import_module("sglang.srt.server_args")
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stderr(nowhere):
        settings = module.prepare_server_args(["--model-path", model, "--skip-tokenizer-init", *arguments])
    if hasattr(settings, "resolve_once"):
        # Earlier releases resolve when they are made.
        settings.resolve_once()
    settings.check_server_args()
    return settings


def _build(settings: Any) -> None:
    """Do what a scheduler of the first rank does until its model stands."""
    context = importlib.import_module("sglang.srt.runtime_context")
    bootstrap = importlib.import_module("sglang.srt.distributed.bootstrap")
    loader = importlib.import_module("sglang.srt.model_loader.loader")
    scheduler = importlib.import_module("sglang.srt.managers.scheduler").Scheduler
    model_config = importlib.import_module("sglang.srt.configs.model_config").ModelConfig
    replica = 0 if settings.dp_size > 1 else None
    context.publish(settings, role="scheduler", ranks=context.SpawnRanks(world_rank=0, dp_rank=replica, gpu_id=0))
    model = model_config.from_server_args(settings)
    with _shapes_alone(importlib.import_module("torch")):
        bootstrap._init_parallel_groups(backend="fake", dist_init_method="fake", server_args=settings, gpu_id=0)
        bootstrap.init_layer_runtime(model_config=model)
        scheduler.init_moe_gemm_config(types.SimpleNamespace(server_args=settings, model_config=model))
        load_config = loader.LoadConfig(load_format="dummy")
        quantization = loader._get_quantization_config(model, load_config)
        with loader.set_default_torch_dtype(model.dtype):
            loader._initialize_model(model, load_config, quantization)


class _Inert:
    """Stands for anything of a library of kernels; nothing that it gives is used."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _Inert(f"{self.name}.{name}")
        setattr(self, name, value)
        return value

    def __call__(self, *_arguments: Any, **_keywords: Any) -> None:
        return None


class _Library(types.ModuleType):
    """Stands for a library of kernels."""

    __version__ = "99.0.0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        is_class = name[:1].isupper() and not name.isupper()
        value = type(name, (), {"__init__": lambda *_a, **_k: None}) if is_class else _Inert(name)
        setattr(self, name, value)
        return value


class _Libraries(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the libraries of kernels, whether they are installed or not, except for what they say about numbers."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname == _NUMBER_TYPES:
            folder, _, name = fullname.partition(".")
            file = next(
                Path(place) / folder / f"{name}.py" for place in sys.path if (Path(place) / folder).is_dir()
            )
            return importlib.util.spec_from_file_location(fullname, file)
        if fullname.partition(".")[0] not in _KERNEL_LIBRARIES:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = _Library(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        pass


@contextlib.contextmanager
def _shapes_alone(torch: Any) -> Iterator[None]:
    """Make large tensors without their content, and none on an accelerator."""
    overrides: Any = importlib.import_module("torch.overrides")
    makers = {torch.empty, torch.zeros, torch.ones, torch.full, torch.randn, torch.rand}

    class NoAccelerator(overrides.TorchFunctionMode):  # type: ignore[misc, name-defined, unused-ignore]
        def __torch_function__(
            self, function: Any, _types: Any, arguments: Sequence[Any] = (), keywords: Any = None
        ) -> Any:
            keywords = dict(keywords or {})
            if function is torch.Tensor.cuda:
                return arguments[0]
            if function in makers:
                keywords["device"] = "meta" if _elements(arguments, keywords) > _LARGE_ELEMENTS else "cpu"
            elif str(keywords.get("device")).startswith("cuda"):
                keywords["device"] = "cpu"
            if function is torch.Tensor.to:
                arguments = tuple("cpu" if _is_accelerator(torch, each) else each for each in arguments)
            return function(*arguments, **keywords)

    with NoAccelerator():
        yield


def _is_accelerator(torch: Any, value: object) -> bool:
    return isinstance(value, (str, torch.device)) and str(value).startswith("cuda")


def _elements(arguments: Sequence[Any], keywords: Mapping[str, Any]) -> int:
    sizes: list[Any] = list(arguments) or [keywords.get("size", ())]
    if sizes and isinstance(sizes[0], (tuple, list)):
        sizes = list(sizes[0])
    product = 1
    for size in sizes:
        product *= int(size) if isinstance(size, int) else 1
    return product


@cache
def _load_engine() -> None:
    """Import the engine once, on a machine that is said to have accelerators."""
    os.environ.update(_ENVIRONMENT)
    sys.meta_path.insert(0, _Libraries())
    torch: Any = importlib.import_module("torch")
    _say_accelerators(torch)
    _say_triton(torch)
    _say_groups(torch)
    logging.disable(logging.CRITICAL)
    importlib.import_module("sglang.srt.server_args")
    importlib.import_module("sglang.srt.managers.scheduler")
    importlib.import_module("sglang.srt.models.registry")
    _silence_communicators()


def _say_accelerators(torch: Any) -> None:
    properties = types.SimpleNamespace(
        major=9, minor=0, name=_DEVICE_NAME, total_memory=_MEMORY_BYTES, multi_processor_count=132, warp_size=32
    )
    torch.version.cuda = torch.version.cuda or "13.0"
    torch.cuda.is_available = lambda: True
    torch.cuda.device_count = lambda: _DEVICES
    torch.cuda.current_device = lambda: 0
    torch.cuda.get_device_capability = lambda device=None: (9, 0)
    torch.cuda.get_device_name = lambda device=None: _DEVICE_NAME
    torch.cuda.get_device_properties = lambda device=None: properties
    torch.cuda.mem_get_info = lambda device=None: (_MEMORY_BYTES, _MEMORY_BYTES)
    torch.cuda.set_device = lambda device=None: None
    torch.cuda.synchronize = lambda device=None: None
    torch.cuda.empty_cache = lambda: None
    torch.cuda.Stream = torch.cuda.Event = type("Nothing", (), {"__init__": lambda *_a, **_k: None})


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


def _say_groups(torch: Any) -> None:
    """Let groups of any size be made by this process alone."""
    fake: Any = importlib.import_module("torch.testing._internal.distributed.fake_pg")
    distributed = torch.distributed
    first_group, new_group = distributed.init_process_group, distributed.new_group

    def init_process_group(*_arguments: Any, world_size: int, rank: int, **_keywords: Any) -> None:
        first_group(backend="fake", store=fake.FakeStore(), world_size=world_size, rank=rank)

    def make_group(ranks: Any = None, *_arguments: Any, **_keywords: Any) -> Any:
        return new_group(ranks, backend="fake")

    distributed.init_process_group, distributed.new_group = init_process_group, make_group


def _silence_communicators() -> None:
    """Replace what exchanges buffers between devices as soon as it is made."""
    communicators = "sglang.srt.distributed.device_communicators"
    silent = type("Silent", (), {"__init__": lambda *_a, **_k: None, "create_from_process_group": lambda *_a: None})
    direct: Any = importlib.import_module(f"{communicators}.pynccl")
    direct.PyNcclCommunicator = silent
    shared: Any = importlib.import_module(f"{communicators}.shm_broadcast")
    shared.MessageQueue = silent
    reducing: Any = importlib.import_module(f"{communicators}.custom_all_reduce")
    reducing.dispatch_custom_allreduce = lambda **_k: silent
