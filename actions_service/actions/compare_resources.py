"""What the manifests of a change occupy and cost, against those before it: the comment on a pull request."""

from collections.abc import Mapping
from typing import Any

from actions_service.action import Action, Example, Resources, define_action
from actions_service.actions.comparison_schema import COMPARISON_PROPERTIES
from actions_service.actions.judgement_input import SURROUNDINGS_PROPERTIES, facts_of_input
from actions_service.actions.manifest_files import files_schema, read_files
from actions_service.actions.price_input import EXAMPLE_PRICES, PRICE_PROPERTIES, given_tariff
from neuroscale.cost.resources.change import compare_manifests
from neuroscale.cost.resources.json_report import comparison_as_json
from neuroscale.cost.resources.markdown import comparison_as_markdown
from neuroscale.errors import InvalidInputError, UnreadableInputError
from neuroscale.manifests.object import ManifestObject

_BEFORE_EXAMPLE = """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: support-chat
  namespace: search
  labels:
    owner: search
    cost-center: cc-1234
  annotations:
    serving.kserve.io/deploymentMode: Standard
spec:
  predictor:
    minReplicas: 1
    maxReplicas: 2
    nodeSelector:
      nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3
    containers:
      - name: kserve-container
        image: vllm/vllm-openai:v0.33.0
        args:
          - --model=google/gemma-4-26B-A4B
        resources:
          requests:
            cpu: "8"
            memory: 64Gi
          limits:
            cpu: "8"
            memory: 64Gi
            nvidia.com/gpu: "1"
"""
_AFTER_EXAMPLE = _BEFORE_EXAMPLE.replace("maxReplicas: 2", "maxReplicas: 4")

_INPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["base", "head"],
    "additionalProperties": False,
    "properties": {
        "base": files_schema(
            "Base",
            "The manifests before the change; none where it brings the first.",
            [{"path": "inference-service.yaml", "content": _BEFORE_EXAMPLE}],
        ),
        "head": files_schema(
            "Head",
            "The manifests after the change; none where it takes the last.",
            [{"path": "inference-service.yaml", "content": _AFTER_EXAMPLE}],
        ),
        **SURROUNDINGS_PROPERTIES,
        **PRICE_PROPERTIES,
    },
}

_OUTPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": list(COMPARISON_PROPERTIES),
    "additionalProperties": False,
    "properties": COMPARISON_PROPERTIES,
}


def compare_resources(arguments: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    """Compare what the files of both sides occupy, and answer it in figures and as a comment.

    Raises:
        UnreadableInputError: A file or the price book is neither YAML nor JSON.
        InvalidInputError: A document is not a Kubernetes object, a field of one cannot be read, the price book is
            wrong, or a region is given without prices.
    """
    facts = facts_of_input(arguments, resources)
    tariff = given_tariff(arguments, resources)
    comparison = compare_manifests(_objects(arguments, "base"), _objects(arguments, "head"), facts, tariff)
    return {**comparison_as_json(comparison), "markdown": comparison_as_markdown(comparison)}


def _objects(arguments: Mapping[str, Any], side: str) -> tuple[ManifestObject, ...]:
    try:
        return read_files(arguments[side])
    except (InvalidInputError, UnreadableInputError) as error:
        place = side if error.field is None else f"{side}: {error.field}"
        raise type(error)(error.message, field=place, fix=error.fix) from error


ACTION: Action = define_action(
    name="compare-resources",
    title="Compare resources",
    description=(
        "Compares what two sets of Kubernetes manifests occupy and cost: CPU, memory, accelerators, their memory, "
        "disks and money, with what serving runtimes and autoscalers give them. Answers every object, the totals, "
        "and the comment for a pull request."
    ),
    input_schema=_INPUT_SCHEMA,
    output_schema=_OUTPUT_SCHEMA,
    examples=(
        Example(
            "An autoscaler that may go to four replicas instead of two",
            {
                "base": [{"path": "inference-service.yaml", "content": _BEFORE_EXAMPLE}],
                "head": [{"path": "inference-service.yaml", "content": _AFTER_EXAMPLE}],
                "prices": EXAMPLE_PRICES,
            },
        ),
    ),
    handler=compare_resources,
)
