"""Drift as JSON and in words: what was declared, what runs, and which rules the difference breaks or heals."""

from collections.abc import Mapping, Sequence

from neuroscale.drift.comparison import Drift, DriftedFact, ObjectDrift
from neuroscale.manifests.object import ManifestIdentity, ManifestObject, format_field_path
from neuroscale.reports.markdown import code, plain
from neuroscale.reports.text import object_title

RulesOfDrift = Mapping[ManifestIdentity, tuple[Sequence[str], Sequence[str]]]


def object_as_json(manifest: ManifestObject) -> dict[str, str]:
    """Return the reference of an object, as findings have it."""
    return {
        "apiVersion": manifest.api_version,
        "kind": manifest.kind,
        "namespace": manifest.namespace,
        "name": manifest.name,
    }


def drift_as_json(drift: Drift, rules: RulesOfDrift) -> dict[str, object]:
    """Return the comparison.

    Args:
        drift: The comparison.
        rules: For each observed object that drifted, the rules that its drift breaks, and those that it heals.
    """
    return {
        "drift": [_drifted(each, rules) for each in drift.drifted],
        "unchanged": len(drift.compared) - len(drift.drifted),
        "missing": [object_as_json(manifest) for manifest in drift.missing],
        "undeclared": [object_as_json(manifest) for manifest in drift.undeclared],
    }


def _drifted(each: ObjectDrift, rules: RulesOfDrift) -> dict[str, object]:
    source = each.declared.source
    broken, healed = rules.get(each.observed.identity, ((), ()))
    return {
        "object": object_as_json(each.observed),
        "declaredIn": source.file if source else None,
        "facts": [_fact(fact) for fact in each.facts],
        "breaks": list(broken),
        "heals": list(healed),
    }


def _fact(fact: DriftedFact) -> dict[str, object]:
    return {
        "part": fact.part,
        "name": fact.name,
        "declared": fact.declared,
        "observed": fact.observed,
        "path": format_field_path(fact.path),
    }


def drift_as_markdown(drift: Drift, rules: RulesOfDrift) -> str:
    """Return a sentence, and one list for each object that is not as declared."""
    drifted = drift.drifted
    counts = [
        f"{len(drifted)} of {len(drift.compared)} declared {_objects(len(drift.compared))} drifted",
        *([f"{len(drift.missing)} missing"] if drift.missing else []),
        *([f"{len(drift.undeclared)} undeclared"] if drift.undeclared else []),
    ]
    parts = [f"**{', '.join(counts)}.**"]
    for each in drifted:
        broken, healed = rules.get(each.observed.identity, ((), ()))
        lines = [_line(fact) for fact in each.facts]
        if broken:
            lines.append(f"- **Breaks** {', '.join(broken)}")
        if healed:
            lines.append(f"- Heals {', '.join(healed)}")
        parts += [f"### {plain(object_title(each.observed))}", "\n".join(lines)]
    for heading, objects in (("Declared, and not there", drift.missing), ("Undeclared", drift.undeclared)):
        if objects:
            parts += [f"### {heading}", "\n".join(f"- {plain(object_title(each))}" for each in objects)]
    return "\n\n".join(parts) + "\n"


def _line(fact: DriftedFact) -> str:
    before, after = (code(value) if value is not None else "*nothing*" for value in (fact.declared, fact.observed))
    return f"- {plain(fact.part)}, {plain(fact.name)}: {before} → {after}"


def _objects(count: int) -> str:
    return "object" if count == 1 else "objects"
