"""What an engine reads when it starts: how many bytes of weights, and from where."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.engines.settings import EngineSettings
from neuroscale.manifests.volumes import Volume, mount_at
from neuroscale.rules.subject import Deployment
from neuroscale.rules.vllm import are_known
from neuroscale.sizing.checkpoint import checkpoint_bytes, checkpoint_bytes_by_component

# Formats in which the engine reads the published files themselves, with its usual reader.
_PUBLISHED_FORMATS = frozenset({"auto", "safetensors", "hf"})
# The hub is not asked, or another one is.
_OTHER_SOURCES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "VLLM_USE_MODELSCOPE", "SGLANG_USE_MODELSCOPE")
_OFF = frozenset({"", "0", "false", "off", "no"})
_TOWERS = frozenset({"vision_tower", "audio_tower"})
_WIDE_TYPES = frozenset({"float32", "float"})
# Where the image's user is root; a mount below it says that it is.
_HOME = "/root"
_CACHE_VARIABLES = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HOME")


@dataclass(frozen=True, slots=True)
class Download:
    """A download of published weights by the engine itself.

    Attributes:
        directory: Where they are kept; None where that depends on the image.
        volume: The volume that holds the directory; None for the container's own file system.
        is_kept: Whether they outlive the pod, so that only the first start downloads.
    """

    directory: str | None
    volume: Volume | None
    is_kept: bool


def least_stored_bytes(deployment: Deployment) -> int | None:
    """Return a lower bound of the bytes of the published weights that the engine reads; None where it is not known.

    None also where the engine is told to read another form of them. Weights whose configuration says 32 bits are
    taken to be stored in 16, as they often are.
    """
    settings, architecture = deployment.workload.settings, deployment.architecture
    if settings is None or architecture is None or not are_known(deployment, "--load-format"):
        return None
    if settings.options.get("--load-format", "auto") not in _PUBLISHED_FORMATS or ".gguf" in (settings.model or ""):
        return None
    return _stored_bytes(architecture)


def least_language_model_bytes(architecture: ModelArchitecture) -> int | None:
    """Return a lower bound of the bytes that a language model takes as it is stored; None where it is not known.

    Towers for images and sound are left out, as some engines do. Weights whose configuration says 32 bits are taken
    to be served in 16.
    """
    components = checkpoint_bytes_by_component(architecture)
    if components is None:
        return None
    least = sum(bounds.optimistic_bytes for name, bounds in components.items() if name not in _TOWERS)
    return least // (2 if architecture.data_type in _WIDE_TYPES else 1)


def names_a_repository(settings: EngineSettings) -> bool:
    """Whether the engine is given the name of a repository, rather than a directory with files of its own."""
    model = settings.model or ""
    return model.count("/") == 1 and not model.startswith(("/", ".", "~")) and ":" not in model and "$" not in model


def _stored_bytes(architecture: ModelArchitecture) -> int | None:
    stored = checkpoint_bytes(architecture)
    if stored is None or stored.optimistic_bytes <= 0:
        return None
    return stored.optimistic_bytes // (2 if architecture.data_type in _WIDE_TYPES else 1)


def engine_download(deployment: Deployment) -> Download | None:
    """Return the download that the engine starts with; None where it needs none, or where that is not known.

    Source: vLLM 0.33.0 `--download-dir`; huggingface_hub, "Environment variables" (HF_HUB_CACHE, HF_HOME,
    XDG_CACHE_HOME).
    """
    workload = deployment.workload
    settings, container, pod = workload.settings, workload.container, workload.pod
    if (
        settings is None
        or container is None
        or pod is None
        or not are_known(deployment, "--model", "--download-dir")
    ):
        return None
    if not names_a_repository(settings) or any(_is_on(settings, name) for name in _OTHER_SOURCES):
        return None
    directory = _cache_directory(settings, container.literal_environment())
    mount = mount_at(container, directory or f"{_HOME}/.cache/huggingface/hub")
    volume = pod.storage.get(mount.volume) if mount is not None else None
    if mount is not None and volume is None:
        # A claim template of a StatefulSet, or a volume that something else adds.
        return Download(directory, None, is_kept=True)
    if directory is None and mount is not None:
        directory = mount.mount_path
    return Download(directory, volume, is_kept=volume is not None and volume.kind not in {"emptyDir", "ephemeral"})


def _is_on(settings: EngineSettings, name: str) -> bool:
    return settings.may_have_variable(name) or settings.environment.get(name, "").lower() not in _OFF


def _cache_directory(settings: EngineSettings, environment: Mapping[str, str]) -> str | None:
    """Return the directory of the weights as the manifest states it; None where the image decides."""
    directory = settings.options.get("--download-dir")
    if directory is not None:
        return directory if posixpath.isabs(directory) else None
    below = {"HF_HUB_CACHE": "", "HUGGINGFACE_HUB_CACHE": "", "HF_HOME": "hub", "XDG_CACHE_HOME": "huggingface/hub"}
    for name in _CACHE_VARIABLES:
        if settings.may_have_variable(name):
            return None
        value = environment.get(name, "")
        if posixpath.isabs(value):
            return posixpath.join(value, below.get(name, ".cache/huggingface/hub")).rstrip("/")
    return None
