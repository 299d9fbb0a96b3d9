"""The engine a plan is made for, as people write it: "vllm@0.33.0"."""

from packaging.version import InvalidVersion, Version

from neuroscale.errors import InvalidInputError
from neuroscale.planning.planner import DEFAULT_ENGINE_VERSION


def read_engine_version(engine: str) -> Version:
    """Return the version of "vllm@VERSION".

    Raises:
        InvalidInputError: It is another engine, or no version.
    """
    name, _, version = engine.partition("@")
    if name != "vllm":
        raise InvalidInputError(f"cannot plan for engine {name!r}", field="engine", fix="use vllm@VERSION")
    try:
        return Version(version) if version else DEFAULT_ENGINE_VERSION
    except InvalidVersion as error:
        raise InvalidInputError(f"{version!r} is not a version", field="engine", fix="use vllm@0.33.0") from error
