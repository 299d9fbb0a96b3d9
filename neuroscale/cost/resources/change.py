"""From the manifests before and after a change to what it does."""

from collections.abc import Iterator, Mapping, Sequence

from neuroscale.cost.resources.comparison import Comparison, compare
from neuroscale.cost.resources.footprint import Footprint
from neuroscale.cost.resources.survey import SHAPING_OR_COUNTED, identity_of, survey
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.object import ManifestObject
from neuroscale.manifests.pod_workloads import is_controlled_by_a_read_object
from neuroscale.prices.tariff import Tariff
from neuroscale.rules.subject import ClusterFacts

_MOST_NAMED = 10


def compare_manifests(
    base: Sequence[ManifestObject],
    head: Sequence[ManifestObject],
    facts: ClusterFacts,
    tariff: Tariff | None = None,
) -> Comparison:
    """Return what lies between two sets of manifests.

    Args:
        base: The manifests before the change.
        head: The manifests after it.
        facts: What is known around both; none of its objects is counted.
        tariff: The prices; None leaves money out.

    Raises:
        InvalidInputError: As `survey`; its field begins with the side.
    """
    footprints = [_surveyed(side, objects, facts) for side, objects in (("base", base), ("head", head))]
    return compare(footprints[0], footprints[1], tariff, tuple(_unread(base, head)))


def _surveyed(side: str, objects: Sequence[ManifestObject], facts: ClusterFacts) -> tuple[Footprint, ...]:
    try:
        return survey(objects, facts)
    except InvalidInputError as error:
        place = side if error.field is None else f"{side}: {error.field}"
        raise InvalidInputError(error.message, field=place, fix=error.fix) from error


def _unread(base: Sequence[ManifestObject], head: Sequence[ManifestObject]) -> Iterator[str]:
    """Yield a sentence for each object that changes and runs containers, of a kind that nobody here reads."""
    before, after = ({identity_of(each): each for each in side} for side in (base, head))
    changed = [
        identity
        for identity in sorted({**before, **after})
        if (was := before.get(identity)) is None or (now := after.get(identity)) is None or was.body != now.body
    ]
    unread = [identity for identity in changed if _is_unread(after.get(identity) or before[identity])]
    for identity in unread[:_MOST_NAMED]:
        group = f" ({identity.api_group})" if identity.api_group else ""
        yield f"Not counted: {identity.title}{group} holds containers, and its kind is not read."
    if len(unread) > _MOST_NAMED:
        yield f"Not counted are {len(unread) - _MOST_NAMED} more of such objects."


def _is_unread(manifest: ManifestObject) -> bool:
    if (manifest.api_group, manifest.kind) in SHAPING_OR_COUNTED or is_controlled_by_a_read_object(manifest):
        return False
    pending: list[object] = [manifest.body.get("spec")]
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            containers = value.get("containers")
            if isinstance(containers, list) and any(
                isinstance(each, Mapping) and ("image" in each or "resources" in each) for each in containers
            ):
                return True
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return False
