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


def sglang(*arguments: str, version: str = "0.5.23") -> EngineSettings:
    """Return the settings of `python -m sglang.launch_server --model-path M` with these arguments."""
    command = ["python3", "-m", "sglang.launch_server"]
    words = ["--model-path", "M", *arguments]
    settings = read_engine_settings(f"lmsysorg/sglang:v{version}", command, words, {})
    assert settings is not None
    assert settings.engine == "sglang"
    assert settings.problems == ()
    return settings


def model(repository: str) -> ModelArchitecture:
    """Return a model of the shipped catalogue."""
    architecture = load_catalogue().find(repository)
    assert architecture is not None
    return architecture
