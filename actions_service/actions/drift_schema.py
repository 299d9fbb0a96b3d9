"""The schema of drift: what differs between what was declared and what runs."""

from collections.abc import Mapping
from typing import Any

from actions_service.actions.finding_schema import EXCEPTIONS_SCHEMA, FINDINGS_SCHEMA, SUMMARY_SCHEMA

_REFERENCE: Mapping[str, Any] = {
    "type": "object",
    "description": "An object.",
    "required": ["apiVersion", "kind", "namespace", "name"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"type": "string", "description": "API version.", "examples": ["serving.kserve.io/v1beta1"]},
        "kind": {"type": "string", "description": "Kind.", "examples": ["InferenceService"]},
        "namespace": {"type": "string", "description": 'Namespace, or "".', "examples": ["search"]},
        "name": {"type": "string", "description": "Name.", "examples": ["support-chat"]},
    },
    "examples": [
        {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "namespace": "search",
            "name": "support-chat",
        }
    ],
}
_FACT_EXAMPLE = {
    "part": "predictor",
    "name": "tensor parallel size",
    "declared": "2",
    "observed": "3",
    "path": "spec.predictor.containers[0].args[1]",
}
_FACT: Mapping[str, Any] = {
    "type": "object",
    "description": "One fact in which what runs is not what was declared.",
    "required": list(_FACT_EXAMPLE),
    "additionalProperties": False,
    "properties": {
        "part": {"type": "string", "description": "Part of the object.", "examples": ["predictor"]},
        "name": {"type": "string", "description": "What it is.", "examples": ["tensor parallel size"]},
        "declared": {
            "type": ["string", "null"],
            "description": "As declared; null: not stated.",
            "examples": ["2"],
        },
        "observed": {"type": ["string", "null"], "description": "As it runs; null: not stated.", "examples": ["3"]},
        "path": {
            "type": "string",
            "description": "The field that states it.",
            "examples": ["spec.predictor.containers[0].args[1]"],
        },
    },
    "examples": [_FACT_EXAMPLE],
}
_RULES: Mapping[str, Any] = {
    "type": "array",
    "items": {"type": "string", "description": "Stable id of a rule.", "examples": ["NS101"]},
    "examples": [["NS101"]],
}
_DRIFT_EXAMPLE = {
    "object": _REFERENCE["examples"][0],
    "declaredIn": "endpoint.yaml",
    "facts": [_FACT_EXAMPLE],
    "breaks": ["NS101"],
    "heals": [],
}

OUTPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": [
        "ok", "inSync", "findings", "summary", "drift", "unchanged", "missing", "undeclared", "unread", "markdown",
    ],
    "additionalProperties": False,
    "properties": {
        "ok": {
            "type": "boolean",
            "description": "Whether nothing that runs is denied, and everything could be judged.",
            "examples": [True],
        },
        "inSync": {
            "type": ["boolean", "null"],
            "description": "Whether what runs is what was declared; null where nothing was declared.",
            "examples": [True],
        },
        "findings": FINDINGS_SCHEMA,
        "summary": SUMMARY_SCHEMA,
        "exceptions": EXCEPTIONS_SCHEMA,
        "drift": {
            "type": "array",
            "description": "The objects that are not as declared, in what the rules read of them.",
            "items": {
                "type": "object",
                "description": "One object.",
                "required": list(_DRIFT_EXAMPLE),
                "additionalProperties": False,
                "properties": {
                    "object": _REFERENCE,
                    "declaredIn": {
                        "type": ["string", "null"],
                        "description": "The file, or the annotation of the object, that declares it.",
                        "examples": ["endpoint.yaml"],
                    },
                    "facts": {
                        "type": "array",
                        "description": "What differs.",
                        "items": _FACT,
                        "examples": [[_FACT_EXAMPLE]],
                    },
                    "breaks": {**_RULES, "description": "Rules that find something now, but not as declared."},
                    "heals": {**_RULES, "description": "Rules that find something as declared, but not now."},
                },
                "examples": [_DRIFT_EXAMPLE],
            },
            "examples": [[_DRIFT_EXAMPLE]],
        },
        "unchanged": {"type": "integer", "description": "Objects that are as declared.", "examples": [3]},
        "missing": {
            "type": "array",
            "description": "Objects that are declared and not there.",
            "items": _REFERENCE,
            "examples": [[]],
        },
        "undeclared": {
            "type": "array",
            "description": "Objects that serve a model, or scale one, and that nothing declares.",
            "items": _REFERENCE,
            "examples": [[]],
        },
        "unread": {
            "type": "array",
            "description": "Objects that could not be judged or compared.",
            "items": {
                "type": "object",
                "description": "One object, and why.",
                "required": ["object", "reason"],
                "additionalProperties": False,
                "properties": {
                    "object": _REFERENCE,
                    "reason": {
                        "type": "string",
                        "description": "The field and what is wrong with it.",
                        "examples": ["spec.predictor.minReplicas must be a number, this is a string"],
                    },
                },
                "examples": [{"object": _REFERENCE["examples"][0], "reason": "spec must be a mapping"}],
            },
            "examples": [[]],
        },
        "markdown": {
            "type": "string",
            "description": "The drift and the findings in words.",
            "examples": ["**0 of 3 declared objects drifted.**\n\n**No findings.**\n"],
        },
    },
}  # fmt: skip
