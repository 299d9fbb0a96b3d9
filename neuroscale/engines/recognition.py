"""From a container to the settings of the engine it runs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from packaging.version import Version

from neuroscale.engines.huggingfaceserver import read_huggingfaceserver_settings
from neuroscale.engines.image import image_version
from neuroscale.engines.launch import Launch, find_launches
from neuroscale.engines.settings import EngineSettings
from neuroscale.engines.sglang import read_sglang_settings
from neuroscale.engines.tensorrt_llm import read_tensorrt_llm_settings
from neuroscale.engines.text_generation_inference import read_text_generation_inference_settings
from neuroscale.engines.vllm import read_vllm_settings

_RAY = re.compile(r"(?<![a-z])ray(?![a-z])", re.IGNORECASE)
_MPI = re.compile(r"(?<![a-z])(mpirun|mpiexec|srun|trtllm-llmapi-launch)(?![a-z])")


def read_engine_settings(
    image: str | None,
    command: Sequence[str],
    arguments: Sequence[str],
    environment: Mapping[str, str],
    files: Mapping[str, str] = MappingProxyType({}),
) -> EngineSettings | None:
    """Return the settings of the serving engine that a container starts, None when it starts none we know.

    When a script starts an engine in several branches (a leader and its workers, for example), the first start is
    returned and every option in which the others differ is listed as unresolved.

    Args:
        image: Image reference; tells the version, and the entrypoint when there is no command.
        command: The container's `command`.
        arguments: The container's `args`.
        environment: Its literal environment variables; those from ConfigMaps or Secrets are left out.
        files: Texts of the files that are known to be in the container, by path.
    """
    launches = find_launches(image, command, arguments, environment)
    if not launches:
        return None
    version = image_version(image)
    settings, *others = (_read(launch, version, environment, files) for launch in launches)
    differing = {
        name
        for other in others
        for name in settings.options.keys() | other.options.keys()
        if settings.options.get(name) != other.options.get(name)
    }
    unresolved = dict.fromkeys(
        (*settings.unresolved, *(name for other in others for name in other.unresolved), *sorted(differing))
    )
    joins_ray = any(_RAY.search(text) for text in (*command, *arguments, *environment))
    joins_mpi = any(_MPI.search(text) for text in (*command, *arguments))
    return replace(settings, unresolved=tuple(unresolved), joins_ray=joins_ray, joins_mpi=joins_mpi)


def _read(
    launch: Launch, version: Version | None, environment: Mapping[str, str], files: Mapping[str, str]
) -> EngineSettings:
    match launch.entrypoint:
        case "huggingfaceserver":
            return read_huggingfaceserver_settings(launch.words, version, environment)
        case "vllm-serve":
            return read_vllm_settings(launch.words, version, environment, files=files)
        case "vllm-api-server":
            return read_vllm_settings(launch.words, version, environment, model_is_positional=False, files=files)
        case "sglang-launch-server":
            return read_sglang_settings(launch.words, version, environment, files=files)
        case "sglang-serve":
            return read_sglang_settings(launch.words, version, environment, is_serve_command=True, files=files)
        case "trtllm-serve":
            return read_tensorrt_llm_settings(launch.words, version, environment, files)
        case "text-generation-launcher":
            return read_text_generation_inference_settings(launch.words, version, environment)
