"""The OpenAPI document, made from the schemas that the service validates with."""

from typing import Any

from actions_service.action import Action
from actions_service.actions import ACTIONS
from actions_service.failures import FAILURE_MEANINGS, Failure
from actions_service.version import VERSION

_ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["name", "message", "requestId"],
            "properties": {
                "name": {
                    "type": "string",
                    "description": "Kind of error.",
                    "enum": sorted({failure.error_name for failure in Failure}),
                },
                "message": {"type": "string", "description": "What is wrong."},
                "field": {"type": "string", "description": "Where it is wrong."},
                "fix": {"type": "string", "description": "What to do about it."},
                "requestId": {"type": "string", "description": "Id of the request, as in the service's log."},
            },
        }
    },
}

_LISTING_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["actions"],
    "properties": {
        "actions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "title", "description", "href", "attributes", "schema"],
                "properties": {
                    "name": {"type": "string"},
                    "title": {"type": "string"},
                    "description": {"type": "string"},
                    "href": {"type": "string"},
                    "attributes": {"type": "object", "additionalProperties": {"type": "boolean"}},
                    "schema": {
                        "type": "object",
                        "properties": {"input": {"type": "object"}, "output": {"type": "object"}},
                    },
                },
            },
        }
    },
}


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the plain face."""
    schemas: dict[str, Any] = {"Error": _ERROR_SCHEMA, "Listing": _LISTING_SCHEMA}
    paths: dict[str, Any] = {
        "/v1/actions": {
            "get": {
                "operationId": "list-actions",
                "summary": "List the actions",
                "tags": ["actions"],
                "responses": {"200": _json_answer("The actions with their schemas.", "Listing")}
                | _errors(Failure.UNAUTHENTICATED, Failure.NOT_ALLOWED),
            }
        }
    }
    for action in ACTIONS.values():
        input_name, output_name = f"{action.name}-input", f"{action.name}-output"
        schemas[input_name] = action.input_schema
        schemas[output_name] = action.output_schema
        paths[f"/v1/actions/{action.name}"] = {"post": _operation(action, input_name, output_name)}
    paths["/healthz"] = _status_path("Whether the process answers", "health")
    paths["/readyz"] = _status_path("Whether requests should be sent here", "readiness")
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "http://json-schema.org/draft-07/schema#",
        "info": {
            "title": "NeuroScale actions",
            "version": VERSION,
            "description": (
                "Architecture-aware planning, rendering and checking of model endpoints on Kubernetes. "
                "A Backstage portal calls the same actions through its distributed-actions protocol."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": "actions"}, {"name": "operations"}],
        "security": [{"bearer": []}, {}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    }


def _operation(action: Action, input_name: str, output_name: str) -> dict[str, Any]:
    return {
        "operationId": action.name,
        "summary": action.title,
        "description": action.description,
        "tags": ["actions"],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _reference(input_name),
                    "examples": {
                        f"example-{number}": {"summary": example.title, "value": example.arguments}
                        for number, example in enumerate(action.examples, 1)
                    },
                }
            },
        },
        "responses": {"200": _json_answer("The output.", output_name)} | _errors(*FAILURE_MEANINGS),
    }


def _status_path(summary: str, operation_id: str) -> dict[str, Any]:
    schema = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
    content = {"application/json": {"schema": schema}}
    return {
        "get": {
            "operationId": operation_id,
            "summary": summary,
            "tags": ["operations"],
            "security": [{}],
            "responses": {
                "200": {"description": "Yes.", "content": content},
                "503": {"description": "No.", "content": content},
            },
        }
    }


def _errors(*failures: Failure) -> dict[str, Any]:
    return {str(failure.status): _json_answer(FAILURE_MEANINGS[failure], "Error") for failure in failures}


def _json_answer(description: str, schema_name: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _reference(schema_name)}}}


def _reference(schema_name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema_name}"}
