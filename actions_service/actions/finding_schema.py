"""The schema of findings, shared by the actions that answer them."""

from collections.abc import Mapping
from typing import Any

_FINDING: Mapping[str, Any] = {
    "type": "object",
    "description": "What a rule has to say about one place of one object.",
    "required": [
        "rule", "name", "severity", "object", "path", "file", "line", "column", "message", "fix", "patch",
        "documentation",
    ],
    "properties": {
        "rule": {"type": "string", "description": "Stable id of the rule.", "examples": ["NS101"]},
        "name": {
            "type": "string",
            "description": "Name of the rule.",
            "examples": ["attention-heads-not-divisible-by-tensor-parallel-size"],
        },
        "severity": {
            "type": "string",
            "enum": ["deny", "warn", "info"],
            "description": "deny: it cannot work; warn: it probably will not work well; info: worth knowing.",
            "examples": ["deny"],
        },
        "object": {
            "type": "object",
            "description": "The object judged.",
            "required": ["apiVersion", "kind", "namespace", "name"],
            "properties": {
                "apiVersion": {
                    "type": "string", "description": "API version.", "examples": ["serving.kserve.io/v1beta1"],
                },
                "kind": {"type": "string", "description": "Kind.", "examples": ["InferenceService"]},
                "namespace": {"type": "string", "description": "Namespace, or \"\".", "examples": ["search"]},
                "name": {"type": "string", "description": "Name, or \"\".", "examples": ["support-chat"]},
            },
            "examples": [
                {
                    "apiVersion": "serving.kserve.io/v1beta1",
                    "kind": "InferenceService",
                    "namespace": "search",
                    "name": "support-chat",
                }
            ],
        },
        "path": {
            "type": "string",
            "description": "The field to change.",
            "examples": ["spec.predictor.containers[0].args[3]"],
        },
        "file": {
            "type": ["string", "null"],
            "description": "The file the object was read from.",
            "examples": ["inference-service.yaml"],
        },
        "line": {"type": ["integer", "null"], "description": "Line of the field, from 1.", "examples": [24]},
        "column": {"type": ["integer", "null"], "description": "Column of the field, from 1.", "examples": [11]},
        "message": {
            "type": "string",
            "description": "The numbers and what will happen.",
            "examples": ["tensor parallel size 8 does not divide 20 attention heads"],
        },
        "fix": {
            "type": "string",
            "description": "What to write instead; \"\" when nothing is certain.",
            "examples": ["use a tensor parallel size of 1, 2 or 4"],
        },
        "patch": {
            "type": "array",
            "description": "The change that certainly repairs the object, as a JSON Patch (RFC 6902); else [].",
            "items": {
                "type": "object",
                "description": "One operation.",
                "required": ["op", "path"],
                "properties": {
                    "op": {"type": "string", "enum": ["add", "replace", "remove"], "examples": ["replace"]},
                    "path": {
                        "type": "string",
                        "description": "The field, as a JSON Pointer.",
                        "examples": ["/metadata/labels/model-architecture"],
                    },
                    "value": {"description": "What is written; absent for remove.", "examples": ["moe"]},
                },
                "examples": [{"op": "replace", "path": "/metadata/labels/model-architecture", "value": "moe"}],
            },
            "examples": [[{"op": "replace", "path": "/metadata/labels/model-architecture", "value": "moe"}]],
        },
        "documentation": {
            "type": "string",
            "description": "The page of the rule.",
            "examples": ["https://neuroscale.dev/rules/NS101"],
        },
    },
    "examples": [
        {
            "rule": "NS101",
            "name": "attention-heads-not-divisible-by-tensor-parallel-size",
            "severity": "deny",
            "object": {
                "apiVersion": "serving.kserve.io/v1beta1",
                "kind": "InferenceService",
                "namespace": "search",
                "name": "support-chat",
            },
            "path": "spec.predictor.containers[0].args[3]",
            "file": "inference-service.yaml",
            "line": 24,
            "column": 11,
            "message": "tensor parallel size 8 does not divide 20 attention heads",
            "fix": "use a tensor parallel size of 1, 2 or 4",
            "patch": [],
            "documentation": "https://neuroscale.dev/rules/NS101",
        }
    ],
}  # fmt: skip

FINDINGS_SCHEMA: Mapping[str, Any] = {
    "type": "array",
    "description": "The findings, in a stable order: object, rule, field.",
    "items": _FINDING,
    "examples": [[]],
}

SUMMARY_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "How many findings of each severity.",
    "required": ["deny", "warn", "info"],
    "additionalProperties": False,
    "properties": {
        "deny": {"type": "integer", "description": "Denials.", "examples": [0]},
        "warn": {"type": "integer", "description": "Warnings.", "examples": [1]},
        "info": {"type": "integer", "description": "Notes.", "examples": [0]},
    },
    "examples": [{"deny": 0, "warn": 1, "info": 0}],
}

_EXCEPTION: Mapping[str, Any] = {
    "rule": {"type": "string", "description": "The rule.", "examples": ["NS106"]},
    "kind": {"type": "string", "description": 'Kind of the objects, or "" for any.', "examples": [""]},
    "namespace": {"type": "string", "description": 'Their namespace, or "" for any.', "examples": ["search"]},
    "name": {"type": "string", "description": 'Their name, or "" for any.', "examples": ["chat-*"]},
    "reason": {"type": "string", "description": "Why it is granted.", "examples": ["a spare for the sidecar"]},
    "owner": {"type": "string", "description": "Who answers for it.", "examples": ["search-platform"]},
    "expires": {"type": "string", "description": "The last day on which it holds.", "examples": ["2027-06-30"]},
}
_EXCEPTION_EXAMPLE = {name: field["examples"][0] for name, field in _EXCEPTION.items()}


def _exceptions(description: str, **fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "array",
        "description": description,
        "items": {
            "type": "object",
            "description": "One exception.",
            "required": [*_EXCEPTION, *fields],
            "properties": {**_EXCEPTION, **fields},
            "examples": [_EXCEPTION_EXAMPLE | {name: [] for name in fields}],
        },
        "examples": [[]],
    }


EXCEPTIONS_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "What became of the platform's exceptions; only where the platform has a policy.",
    "required": ["used", "expired", "unused"],
    "additionalProperties": False,
    "properties": {
        "used": _exceptions("Those that hold, with the findings they set aside.", findings=FINDINGS_SCHEMA),
        "expired": _exceptions("Those that expired, so that their rules find again."),
        "unused": _exceptions("Those that nothing judged here needs."),
    },
    "examples": [{"used": [], "expired": [], "unused": []}],
}
