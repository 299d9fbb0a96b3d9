"""What a container image says about the engine inside: its kind, version and entrypoint."""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from packaging.version import InvalidVersion, Version

Entrypoint = Literal[
    "vllm-serve",
    "vllm-api-server",
    "huggingfaceserver",
    "sglang-serve",
    "sglang-launch-server",
    "trtllm-serve",
    "text-generation-launcher",
]

_VERSION_TAG = re.compile(r"v?(?P<version>\d+\.\d+\.\d+(?:\.post\d+|\.?rc\d+)?)(?:[-+_][\w.+-]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ImageReference:
    """The parts of an image reference: repository without tag, tag and digest."""

    repository: str
    tag: str | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class EngineImage:
    """One known family of engine images.

    Attributes:
        repository: Regular expression that the whole repository must match.
        entrypoint: The entrypoint of the newest image; None when the image starts no engine by itself.
        entrypoint_until: Last engine version whose image had `earlier_entrypoint` instead; None if never.
        earlier_entrypoint: The entrypoint up to `entrypoint_until`.
        tag_is_engine_version: Whether a version in the tag is the engine's own.
        engine_versions: Engine version by the product version in the tag, where the two differ.
        other_tags: Regular expression for the end of tags whose image holds another engine; None if there is none.
        source: Where the facts come from.
    """

    repository: str
    entrypoint: Entrypoint | None
    entrypoint_until: Version | None
    earlier_entrypoint: Entrypoint | None
    tag_is_engine_version: bool
    engine_versions: dict[Version, Version]
    other_tags: str | None
    source: str


def parse_image(image: str) -> ImageReference:
    """Split an image reference; a registry port is not taken for a tag."""
    name, _, digest = image.strip().partition("@")
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    return ImageReference(head + slash + last, tag if colon else None, digest or None)


def engine_image(image: str | None) -> EngineImage | None:
    """Return the known family that `image` belongs to, None for any other image."""
    if not image:
        return None
    reference = parse_image(image)
    return next((known for known in _engine_images() if _is_of(reference, known)), None)


def _is_of(reference: ImageReference, known: EngineImage) -> bool:
    if not re.fullmatch(known.repository, reference.repository):
        return False
    return known.other_tags is None or re.search(f"(?:{known.other_tags})$", reference.tag or "") is None


def image_version(image: str | None) -> Version | None:
    """Return the engine version that an image tag states.

    None for `latest`, nightly builds, digests without a tag, products that number themselves, and every image of
    a family that is not known: a version in its tag may be anything.
    """
    known = engine_image(image)
    if known is None or not image:
        return None
    tag = parse_image(image).tag
    match = _VERSION_TAG.fullmatch(tag) if tag else None
    if match is None:
        return None
    try:
        tagged = Version(match.group("version"))
    except InvalidVersion:
        return None
    return tagged if known.tag_is_engine_version else known.engine_versions.get(tagged)


def image_entrypoint(image: str | None) -> Entrypoint | None:
    """Return what the image starts when the container has no `command`; None when that is not known."""
    known = engine_image(image)
    if known is None:
        return None
    if known.entrypoint_until is not None:
        version = image_version(image)
        if version is not None and version <= known.entrypoint_until:
            return known.earlier_entrypoint
    return known.entrypoint


@cache
def _engine_images() -> tuple[EngineImage, ...]:
    text = (files("neuroscale.engines") / "data" / "images.json").read_text(encoding="utf-8")
    return tuple(_engine_image(record) for record in cast("list[dict[str, object]]", json.loads(text)["images"]))


def _engine_image(record: dict[str, object]) -> EngineImage:
    until = cast("str | None", record.get("entrypoint_until"))
    versions = cast("dict[str, str]", record.get("engine_versions", {}))
    return EngineImage(
        repository=cast("str", record["repository"]),
        entrypoint=cast("Entrypoint | None", record["entrypoint"]),
        entrypoint_until=None if until is None else Version(until),
        earlier_entrypoint=cast("Entrypoint | None", record.get("earlier_entrypoint")),
        tag_is_engine_version=cast("bool", record["tag_is_engine_version"]),
        engine_versions={Version(product): Version(engine) for product, engine in versions.items()},
        other_tags=cast("str | None", record.get("other_tags")),
        source=cast("str", record["source"]),
    )
