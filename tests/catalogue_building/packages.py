"""Tiny packages of the kinds that the catalogue is built from."""

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

VERSION = "9.8.7"


def write_wheel(directory: Path, name: str, files: Mapping[str, str]) -> Path:
    """Write a wheel of a package and return its path."""
    wheel = directory / f"{name.replace('-', '_')}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def write_crate(directory: Path, name: str, files: Mapping[str, str]) -> Path:
    """Write a crate of a package and return its path."""
    crate = directory / f"{name}-{VERSION}.crate"
    with tarfile.open(crate, "w:gz") as archive:
        for path, text in files.items():
            content = text.encode()
            member = tarfile.TarInfo(f"{name}-{VERSION}/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return crate


def write_index(directory: Path, *rows: Mapping[str, object]) -> Path:
    """Write a crate with an index of models and return its path."""
    return write_crate(directory, "llmfit-core", {"data/hf_models.json": json.dumps(rows)})


def write_specifications(directory: Path, *models: Mapping[str, object]) -> Path:
    """Write a wheel with model specifications and return its path."""
    return write_wheel(directory, "xinference", {"xinference/model/llm/models/one.json": json.dumps(models)})


def write_published(directory: Path, configs: Mapping[str, object], name: str = "aiconfigurator-core") -> Path:
    """Write a wheel with published configurations, by file name, and return its path."""
    folder = f"{name.replace('-', '_')}/model_configs"
    return write_wheel(directory, name, {f"{folder}/{file}": json.dumps(body) for file, body in configs.items()})
