"""Engine settings for the sizing specifications."""

from packaging.version import Version

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.recognition import read_engine_settings
from neuroscale.engines.settings import EngineSettings

GIBIBYTE = 2**30


def vllm(*arguments: str, version: str = "0.33.0") -> EngineSettings:
    """Return the settings of `vllm serve M` with these arguments."""
    settings = read_engine_settings(f"vllm/vllm-openai:v{version}", ["vllm", "serve"], ["M", *arguments], {})
    assert settings is not None
    assert settings.problems == ()
    assert settings.version == Version(version)
    return settings


def model(repository: str) -> ModelArchitecture:
    """Return a model of the shipped catalogue."""
    architecture = load_catalogue().find(repository)
    assert architecture is not None
    return architecture
