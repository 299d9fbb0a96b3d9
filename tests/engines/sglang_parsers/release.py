"""The argument parser of an unpacked SGLang wheel, built without the accelerator libraries it imports.

`ServerArgs.add_cli_args` needs none of them: what is not installed is replaced by inert stand-ins, and a stand-in
that reaches the parser (as a choice, a default or a type) is an error, so nothing made up can be recorded.
"""

import argparse
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from abc import ABCMeta
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

# Modules of the engine that describe models, patch the libraries and have no say in the parser.
_LEFT_OUT = (
    "sglang.kernels.fused_op",
    "sglang.kernels.ops.attention",
    "sglang.srt.configs",
    "sglang.srt.hf_transformers_utils",
    "sglang.srt.layers",
    "sglang.srt.utils.hf_transformers",
)


class _AbsentClass(ABCMeta):
    """The type of stand-in classes, whose attributes are stand-ins."""

    def __getattr__(cls, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock(name=f"{cls.__name__}.{name}")


class _StandIn(ModuleType):
    """A module that is not installed; every attribute is a stand-in too."""

    def __getattr__(self, name: str) -> object:
        if name == "__version__":
            return "99.0.0"
        if name.startswith("__"):
            raise AttributeError(name)
        value: object = MagicMock(name=f"{self.__name__}.{name}")
        if name[:1].isupper() and not name.isupper():
            value = _AbsentClass(name, (), {"__init__": lambda self, *_, **__: None, "__module__": self.__name__})
        setattr(self, name, value)
        return value


_STAND_INS = (MagicMock, _StandIn, _AbsentClass)


class _Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what nothing else finds, outside the standard library and the engine's own package."""

    def __init__(self, only: tuple[str, ...] = ("",)) -> None:
        self._only = only

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        root = fullname.partition(".")[0]
        if not fullname.startswith(self._only):
            return None
        if (root == "sglang" and not fullname.startswith(_LEFT_OUT)) or root in sys.stdlib_module_names:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = _StandIn(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: ModuleType) -> None:
        pass


def build_parser(sources: Path) -> argparse.ArgumentParser:
    """Return the parser that `python -m sglang.launch_server` builds, from a directory that holds `sglang/`.

    Raises:
        ValueError: A stand-in reached the parser.
    """
    sys.path.insert(0, str(sources))
    sys.meta_path.insert(0, _Absent(only=_LEFT_OUT))
    sys.meta_path.append(_Absent())
    server_args = importlib.import_module("sglang.srt.server_args")
    parser = argparse.ArgumentParser()
    server_args.ServerArgs.add_cli_args(parser)
    for action in parser._actions:
        values = (action.default, *(action.choices or ()))
        if any(isinstance(value, _STAND_INS) for value in values) or isinstance(action.type, _STAND_INS):
            raise ValueError(f"{action.option_strings}: depends on a library that is not installed")
    return parser
