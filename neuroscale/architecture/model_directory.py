"""A directory of configurations: `<org>--<name>.json` is the config.json of the repository `<org>/<name>`."""

from collections.abc import Mapping
from pathlib import Path

from neuroscale.architecture.strict_json import parse_object
from neuroscale.errors import UnreadableInputError

MAXIMUM_CONFIG_BYTES = 4 * 1024 * 1024


def read_model_directory(path: Path | str) -> dict[str, Mapping[str, object]]:
    """Read every configuration of a directory, by repository name. Files that do not end in .json are left alone.

    Raises:
        UnreadableInputError: The directory or a file cannot be read, or a file holds no JSON object.
    """
    directory = Path(path)
    if not directory.is_dir():
        raise UnreadableInputError("is no directory", field=str(directory), fix="name a directory of config files")
    return {repository_of_file(file): read_config_file(file) for file in sorted(directory.glob("*.json"))}


def repository_of_file(file: Path) -> str:
    """Return the repository whose configuration a file holds, by its name."""
    return file.stem.replace("--", "/", 1)


def join_quantization_file(
    config: Mapping[str, object], companion: Mapping[str, object] | None
) -> Mapping[str, object]:
    """Return a configuration with the quantisation of its `hf_quant_config.json`, as engines see the two.

    ModelOpt checkpoints declare their quantisation in that companion file. It joins a configuration that declares
    none; one that does is returned as it is.
    """
    if companion is None or config.get("quantization_config"):
        return config
    return {**config, "quantization_config": {"quant_method": "modelopt", **companion}}


def read_config_file(file: Path) -> Mapping[str, object]:
    """Read one config.json.

    Raises:
        UnreadableInputError: The file cannot be read, is too large or holds no JSON object.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MAXIMUM_CONFIG_BYTES + 1)
    except OSError as problem:
        raise UnreadableInputError(f"cannot be read: {problem.strerror}", field=str(file)) from None
    if len(content) > MAXIMUM_CONFIG_BYTES:
        raise UnreadableInputError(f"is larger than {MAXIMUM_CONFIG_BYTES} bytes", field=str(file))
    try:
        return parse_object(content.decode("utf-8-sig"), infinities=True)
    except ValueError as problem:
        raise UnreadableInputError(str(problem), field=str(file), fix="give a config.json as published") from None
