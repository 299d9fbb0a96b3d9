"""The engine a plan is made for, as people write it: "vllm@0.33.0"."""

from packaging.version import InvalidVersion, Version

from neuroscale.errors import InvalidInputError
from neuroscale.planning.planner import DEFAULT_ENGINE_VERSION

# Options and facts were read of these versions and those between; what another one does would be a guess.
OLDEST_ENGINE_VERSION = Version("0.8.5")
NEWEST_ENGINE_VERSION = Version("0.33.0")


def read_engine_version(engine: str) -> Version:
    """Return the version of "vllm@VERSION".

    Raises:
        InvalidInputError: It is another engine, no release, or a release that was not read.
    """
    name, _, version = engine.partition("@")
    if name != "vllm":
        raise InvalidInputError(f"cannot plan for engine {name!r}", field="engine", fix="use vllm@VERSION")
    if not version:
        return DEFAULT_ENGINE_VERSION
    try:
        parsed = Version(version)
    except InvalidVersion as error:
        raise InvalidInputError(f"{version!r} is not a version", field="engine", fix="use vllm@0.33.0") from error
    # The image is tagged with the version, so that it has to be written as the release is called.
    if len(parsed.release) != 3 or str(parsed) != parsed.base_version:
        raise InvalidInputError(f"{version!r} is not a release", field="engine", fix="use vllm@0.33.0")
    if not OLDEST_ENGINE_VERSION <= parsed <= NEWEST_ENGINE_VERSION:
        raise InvalidInputError(
            f"nothing is known about vLLM {parsed}",
            field="engine",
            fix=f"use a release from {OLDEST_ENGINE_VERSION} to {NEWEST_ENGINE_VERSION}",
        )
    return parsed
