"""The labels that cost reports and policies read must be there and be true.

## What it does

Checks the labels of an object that serves a language model. `owner` and `cost-center` have to be there: a
missing one is denied, and a near miss (`costCenter`, `team`, `acme.com/owner`) is named. `model-architecture`,
`active-param-ratio` and `total-params` have to agree with the model: one that contradicts it is denied, one
that is missing is a warning with the value to write.

## Why it matters

Cost reports group by these labels, and policies decide by them. A label that is almost right is the worst case:
everything works, and the money of the endpoint ends up under "unallocated". An endpoint labelled `dense` that
is a Mixture-of-Experts model is priced by the wrong model for its whole life, because nobody checks a label
that exists.

## Example

```yaml
kind: InferenceService
metadata:
  labels:
    Team: search
    costCenter: cc-1234
    model-architecture: dense      # google/gemma-4-26B-A4B-it has 128 experts
```

## Use instead

```yaml
  labels:
    owner: search
    cost-center: cc-1234
    model-architecture: moe
    active-param-ratio: "0.15"
    total-params: 25.2B
```

## Applies to

InferenceService and LLMInferenceService objects that certainly serve a language model. Objects that serve
anything else, and serving runtimes, are never touched. A figure is compared at the precision it is written
with; parameters may be counted with or without the vision tower.

## References

- Kubernetes, "Labels and Selectors":
  <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/>
"""

from collections.abc import Iterator

from neuroscale.architecture.labels import (
    ACTIVE_RATIO_LABEL,
    TOTAL_PARAMETERS_LABEL,
    architecture_labels,
)
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.rules.finding import Judgement, PatchOperation, Severity, Violation
from neuroscale.rules.label_values import is_other_spelling, near_miss, states_ratio, states_total
from neuroscale.rules.language_models import serves_language_model
from neuroscale.rules.patches import set_label
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import ServingObject

_KINDS = frozenset({"InferenceService", "LLMInferenceService"})
_PATH = ("metadata", "labels")
_OWNERSHIP = {"owner": "nobody is asked about this endpoint", "cost-center": "its cost is allocated to nobody"}


def _judge(serving: ServingObject) -> Judgement:
    if serving.manifest.kind not in _KINDS:
        return
    if not any(serves_language_model(deployment.workload) for deployment in serving.deployments):
        return
    yield from _ownership(serving)
    architecture = next((each.architecture for each in serving.deployments if each.architecture is not None), None)
    if architecture is not None:
        yield from _architecture(serving, architecture)


def _ownership(serving: ServingObject) -> Iterator[Violation]:
    labels = serving.manifest.labels
    for label, consequence in _OWNERSHIP.items():
        if labels.get(label, "").strip():
            continue
        if label in labels:
            yield Violation((*_PATH, label), f"the label {label} is empty; {consequence}", f"give {label} a value")
            continue
        meant = near_miss(label, labels)
        if meant is not None:
            yield Violation(
                (*_PATH, meant),
                f"the label {label} is missing, and {meant} is not read in its place; {consequence}",
                f"rename the label {meant} to {label}",
                patch=_rename(serving, meant, label),
            )
            continue
        annotated = near_miss(label, serving.manifest.annotations) or (
            label if label in serving.manifest.annotations else None
        )
        beside = f" (there is an annotation {annotated}, which is not read)" if annotated else ""
        yield Violation(
            (*_PATH, label),
            f"the label {label} is missing{beside}; {consequence}",
            f"add the label {label}",
            patch=_copy_of_annotation(serving, annotated, label),
        )


def _rename(serving: ServingObject, meant: str, label: str) -> tuple[PatchOperation, ...]:
    """Rename a label that differs in case or separators only; another word may have been meant as such."""
    value = serving.manifest.labels[meant]
    added = set_label(serving.manifest, label, value) if is_other_spelling(label, meant) else ()
    return (PatchOperation("remove", (*_PATH, meant)), *added) if added else ()


def _copy_of_annotation(serving: ServingObject, annotated: str | None, label: str) -> tuple[PatchOperation, ...]:
    """Write the value of an annotation of the label's name as the label; the annotation stays for who reads it."""
    if annotated is None or not is_other_spelling(label, annotated):
        return ()
    return set_label(serving.manifest, label, serving.manifest.annotations[annotated])


def _architecture(serving: ServingObject, architecture: ModelArchitecture) -> Iterator[Violation]:
    labels = serving.manifest.labels
    expected = architecture_labels(architecture)
    missing = []
    additions: list[PatchOperation] = []
    for label, value in expected.items():
        if label not in labels:
            missing.append(f"{label}={value}")
            additions.extend(set_label(serving.manifest, label, value))
        elif not _agrees(label, labels[label], value, architecture):
            yield Violation(
                (*_PATH, label),
                f"the label {label} says {labels[label]!r}, but for this model it is {value!r}",
                f'set {label} to "{value}"',
                patch=set_label(serving.manifest, label, value),
            )
    if missing:
        meant = [near for label in expected if label not in labels and (near := near_miss(label, labels))]
        instead = f"; {', '.join(meant)} is not read" if meant else ""
        yield Violation(
            _PATH,
            f"labels of the model's architecture are missing: {', '.join(missing)}{instead}",
            f"add {', '.join(missing)}",
            Severity.WARN,
            patch=tuple(additions),
        )


def _agrees(label: str, text: str, expected: str, architecture: ModelArchitecture) -> bool:
    if label == ACTIVE_RATIO_LABEL:
        return states_ratio(text, architecture)
    if label == TOTAL_PARAMETERS_LABEL:
        return states_total(text, architecture)
    return text == expected


RULE = Rule(
    identifier="NS501",
    name="labels-missing-or-contradicting",
    severity=Severity.DENY,
    subject=ServingObject,
    judge=_judge,
    page=__doc__ or "",
)
