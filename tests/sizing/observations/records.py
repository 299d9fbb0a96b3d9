"""Observations as they are written down, each with its source."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from packaging.version import Version

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.architecture.reader import read_architecture
from neuroscale.engines.recognition import read_engine_settings
from neuroscale.engines.settings import EngineSettings
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name

DATA = Path(__file__).parent / "data"
FILES = ("vllm_on_h100.json", "vllm_0_11_on_h100.json", "reported_in_issues.json")


@dataclass(frozen=True, slots=True)
class _Start:
    """How an engine is started; a release that the source does not tell is taken for the newest that was read."""

    image: str
    newest: Version
    command: tuple[str, ...]
    model: tuple[str, ...]


_STARTS = {
    "vllm": _Start("vllm/vllm-openai", Version("0.33.0"), ("vllm", "serve"), ("M",)),
    "sglang": _Start(
        "lmsysorg/sglang", Version("0.5.23"), ("python3", "-m", "sglang.launch_server"), ("--model-path", "M")
    ),
}


@dataclass(frozen=True, slots=True)
class Observation:
    """One deployment that somebody ran, and what its engine said; see data/schema.json for the fields."""

    model: str
    engine: str
    version: str | None
    accelerator: str | None
    arguments: tuple[str, ...]
    outcome: str
    observed: Mapping[str, float]
    source: str
    checkpoint: str | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict)
    unexplained: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None

    def architecture(self) -> ModelArchitecture:
        """Return the architecture of the checkpoint that ran."""
        return _architecture(self.model, json.dumps(self.configuration, sort_keys=True))

    def settings(self) -> EngineSettings:
        """Return how the engine was started, in its own words."""
        start = _STARTS[self.engine]
        version = start.newest if self.version is None else Version(self.version)
        settings = read_engine_settings(
            f"{start.image}:v{version}", list(start.command), [*start.model, *self.arguments], {}
        )
        assert settings is not None
        assert settings.problems == (), self
        return settings

    def device(self) -> Accelerator | None:
        """Return the accelerator; None where the source does not name one of the catalogue."""
        return None if self.accelerator is None else accelerator_by_name(self.accelerator)


def observations(file: str) -> list[Observation]:
    """Return the observations of a data file, in its order."""
    return [
        Observation(**{**record, "arguments": tuple(record["arguments"])})
        for record in document(file)["observations"]
    ]


def all_observations() -> list[Observation]:
    """Return the observations of every data file."""
    return [observation for file in FILES for observation in observations(file)]


def document(file: str) -> dict[str, Any]:
    """Return a data file as it is written."""
    content: dict[str, Any] = json.loads((DATA / file).read_text(encoding="utf-8"))
    return content


@cache
def _architecture(model: str, overrides: str) -> ModelArchitecture:
    entry = load_catalogue().entry(model)
    assert entry is not None, model
    return read_architecture(_merged(entry.config, json.loads(overrides)))


def _merged(config: Mapping[str, object], overrides: Mapping[str, object]) -> dict[str, object]:
    merged = dict(config)
    for name, value in overrides.items():
        nested = merged.get(name)
        both = isinstance(nested, Mapping) and isinstance(value, Mapping)
        merged[name] = _merged(nested, value) if both else value  # type: ignore[arg-type]
    return merged
