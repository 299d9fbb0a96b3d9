"""What runs, judged, and how it drifted from what was declared: reads nothing but the input."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from actions_service.action import Action, Example, Resources, define_action
from actions_service.actions.drift_schema import OUTPUT_SCHEMA
from actions_service.actions.judgement_input import SURROUNDINGS_PROPERTIES, facts_of_input
from actions_service.actions.manifest_files import files_schema, read_files
from neuroscale.cluster.audit import NamespaceContexts, is_judged, judge_each
from neuroscale.cluster.resources import bears_on_rules
from neuroscale.drift.comparison import Drift, ObjectDrift, compare
from neuroscale.drift.last_applied import last_applied
from neuroscale.errors import InvalidInputError
from neuroscale.manifests.object import ManifestObject
from neuroscale.reports.beside import Beside
from neuroscale.reports.drift_report import drift_as_json, drift_as_markdown, object_as_json
from neuroscale.reports.json_report import findings_as_json
from neuroscale.reports.markdown import render_markdown
from neuroscale.rules.finding import Finding, Severity
from neuroscale.rules.judge import judge
from neuroscale.rules.policy import RulePolicy, rule_on
from neuroscale.rules.severities import Surface
from neuroscale.rules.subject import ClusterFacts

_DECLARED_EXAMPLE = """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: support-chat
  namespace: search
  labels:
    owner: search
    cost-center: cc-1234
spec:
  predictor:
    containers:
      - name: kserve-container
        image: vllm/vllm-openai:v0.33.0
        args:
          - --model=google/gemma-4-26B-A4B
          - --tensor-parallel-size=2
        ports:
          - containerPort: 8000
        resources:
          limits:
            nvidia.com/gpu: "2"
"""
_OBSERVED_EXAMPLE = _DECLARED_EXAMPLE.replace("size=2", "size=3").replace('gpu: "2"', 'gpu: "3"')

_INPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["observed"],
    "additionalProperties": False,
    "properties": {
        "observed": {
            **files_schema(
                "Observed",
                "The objects as the cluster holds them: what `kubectl get -o yaml` or `-o json` prints.",
                [{"path": "cluster.yaml", "content": _OBSERVED_EXAMPLE}],
            ),
            "minItems": 1,
        },
        "declared": files_schema(
            "Declared",
            "The manifests in Git. Without them, what was last applied with kubectl, as objects carry it.",
            [{"path": "endpoint.yaml", "content": _DECLARED_EXAMPLE}],
        ),
        **SURROUNDINGS_PROPERTIES,
    },
}


def audit_drift(arguments: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    """Judge observed objects and compare them with what declares them.

    Raises:
        UnreadableInputError: A file is neither YAML nor JSON.
        InvalidInputError: A document is not a Kubernetes object, there is none at all, or a model's configuration
            cannot be one.
    """
    observed = read_files(arguments["observed"])
    if not observed:
        raise InvalidInputError("there is no Kubernetes object in them", field="observed")
    facts = facts_of_input(arguments, resources)
    given = read_files(arguments["declared"]) if "declared" in arguments else None
    running = tuple(each for each in observed if is_judged(each) and bears_on_rules(each))
    found, unjudged = _judged(running, (*observed, *facts.context), facts)
    decided = resources.policy() if resources.policy is not None else None
    ruling = rule_on(found, decided or RulePolicy(), Surface.AUDIT, resources.today())
    declared = last_applied(running) if given is None else given
    drift = compare(declared, observed, facts.context, facts.kserve_version)
    around = (*declared, *observed, *facts.context)
    rules = {each.observed.identity: _rules_of(each, around, facts, found) for each in drift.drifted}
    unread = {manifest.identity: (manifest, reason) for manifest, reason in (*unjudged, *drift.unread)}
    is_declared = given is not None or bool(declared)
    beside = Beside(exceptions=ruling.exceptions if decided is not None else None)
    return {
        "ok": not unread and all(finding.severity is not Severity.DENY for finding in ruling.findings),
        "inSync": _is_in_sync(drift, is_complete=given is not None) if is_declared else None,
        **findings_as_json(ruling.findings, beside),
        **drift_as_json(drift, rules),
        "unread": [{"object": object_as_json(each), "reason": reason} for each, reason in unread.values()],
        "markdown": f"{drift_as_markdown(drift, rules)}\n{render_markdown(ruling.findings, beside)}",
    }


def _is_in_sync(drift: Drift, *, is_complete: bool) -> bool:
    """Whether nothing differs; an object that nothing declares counts only where all declarations were given."""
    differs = bool(drift.drifted or drift.missing or drift.unread)
    return not differs and not (is_complete and drift.undeclared)


def _judged(
    judged: Sequence[ManifestObject], around: Sequence[ManifestObject], facts: ClusterFacts
) -> tuple[list[Finding], list[tuple[ManifestObject, str]]]:
    """Return the findings about objects among others, as the audit of a cluster has them, and what is unread."""
    contexts = NamespaceContexts(around)

    def facts_about(manifest: ManifestObject) -> ClusterFacts:
        return replace(facts, context=contexts.of(manifest.namespace))

    outcomes = list(judge_each(judged, judge, facts_about))
    found = sorted((finding for each in outcomes for finding in each.findings), key=lambda each: each.sort_key)
    return found, [(each.manifest, each.unread) for each in outcomes if each.unread]


def _rules_of(
    drifted: ObjectDrift, around: Sequence[ManifestObject], facts: ClusterFacts, found: Sequence[Finding]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the rules that an object breaks since it drifted, and those that it broke before."""
    declared, _ = _judged((drifted.declared,), around, facts)
    before = {finding.rule for finding in declared}
    now = {finding.rule for finding in found if finding.manifest.identity == drifted.observed.identity}
    return tuple(sorted(now - before)), tuple(sorted(before - now))


ACTION: Action = define_action(
    name="audit-drift",
    title="Audit drift",
    description=(
        "Judges the objects that run in a cluster and compares them with the manifests that declare them, in what "
        "the rules read: engine and version, model, parallelism, resources, scaling, labels. Answers findings, "
        "what differs, and which rules the difference breaks."
    ),
    input_schema=_INPUT_SCHEMA,
    output_schema=OUTPUT_SCHEMA,
    examples=(
        Example(
            "A tensor parallel size that was changed in the cluster",
            {
                "observed": [{"path": "cluster.yaml", "content": _OBSERVED_EXAMPLE}],
                "declared": [{"path": "endpoint.yaml", "content": _DECLARED_EXAMPLE}],
            },
        ),
    ),
    handler=audit_drift,
)
