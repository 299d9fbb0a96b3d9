"""What the rules say about manifests: the same verdict as on the command line and at admission."""

from collections.abc import Mapping
from typing import Any

from actions_service.action import Action, Example, Resources, define_action
from actions_service.actions.finding_schema import EXCEPTIONS_SCHEMA, FINDINGS_SCHEMA, SUMMARY_SCHEMA
from actions_service.actions.judgement_input import SURROUNDINGS_PROPERTIES, facts_of_input
from actions_service.actions.manifest_files import files_schema, read_files
from neuroscale.errors import InvalidInputError
from neuroscale.reports.beside import Beside
from neuroscale.reports.json_report import findings_as_json
from neuroscale.reports.markdown import render_markdown
from neuroscale.rules.finding import Severity
from neuroscale.rules.judge import judge
from neuroscale.rules.policy import RulePolicy, rule_on
from neuroscale.rules.severities import Surface

_DENIED_EXAMPLE = """\
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
          - --tensor-parallel-size=3
        resources:
          limits:
            nvidia.com/gpu: "3"
"""

_INPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["files"],
    "additionalProperties": False,
    "properties": {
        "files": {
            **files_schema(
                "Files",
                "The manifests to judge.",
                [{"path": "inference-service.yaml", "content": _DENIED_EXAMPLE}],
            ),
            "minItems": 1,
        },
        **SURROUNDINGS_PROPERTIES,
    },
}

_OUTPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["ok", "findings", "summary", "markdown"],
    "additionalProperties": False,
    "properties": {
        "ok": {"type": "boolean", "description": "Whether nothing is denied.", "examples": [True]},
        "findings": FINDINGS_SCHEMA,
        "summary": SUMMARY_SCHEMA,
        "exceptions": EXCEPTIONS_SCHEMA,
        "markdown": {
            "type": "string",
            "description": "The findings in words, for a pull request or the output page of a task.",
            "examples": ["**No findings.** The deployment obeys every rule that could be judged.\n"],
        },
    },
}


def check_manifests(arguments: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    """Judge the files of the input and answer the findings.

    Raises:
        UnreadableInputError: A file is neither YAML nor JSON.
        InvalidInputError: A document is not a Kubernetes object, there is none at all, or a model's
            configuration cannot be one.
    """
    objects = read_files(arguments["files"])
    if not objects:
        raise InvalidInputError("there is no Kubernetes object in them", field="files")
    facts = facts_of_input(arguments, resources)
    decided = resources.policy() if resources.policy is not None else None
    ruling = rule_on(judge(objects, facts), decided or RulePolicy(), Surface.ACTION, resources.today())
    beside = Beside(exceptions=ruling.exceptions if decided is not None else None)
    return {
        "ok": all(finding.severity is not Severity.DENY for finding in ruling.findings),
        **findings_as_json(ruling.findings, beside),
        "markdown": render_markdown(ruling.findings, beside),
    }


ACTION: Action = define_action(
    name="check-manifests",
    title="Check manifests",
    description=(
        "Judges Kubernetes manifests of model endpoints and their autoscalers against the model's architecture and "
        "the engine's own rules. Answers findings with their place, what will happen, and what to write instead."
    ),
    input_schema=_INPUT_SCHEMA,
    output_schema=_OUTPUT_SCHEMA,
    examples=(
        Example(
            "A tensor parallel size that does not divide the attention heads",
            {"files": [{"path": "inference-service.yaml", "content": _DENIED_EXAMPLE}]},
        ),
    ),
    handler=check_manifests,
)
