"""The files of an endpoint: planned, rendered, and judged before they are answered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from actions_service.action import Action, Example, Resources, define_action
from actions_service.actions.demand_input import (
    DEMAND_PROPERTIES,
    ENVIRONMENT_SCHEMA,
    plans_of_input,
)
from actions_service.actions.finding_schema import FINDINGS_SCHEMA
from actions_service.actions.judgement_input import SURROUNDINGS_PROPERTIES, given_kserve_release
from actions_service.actions.manifest_files import files_schema, read_files
from actions_service.actions.model_input import (
    CONFIG_SCHEMA,
    LOCATION_SCHEMA,
    REVISION_SCHEMA,
    GivenModel,
    given_model,
    required_config,
)
from actions_service.actions.plan_output import PLAN_SCHEMA, PLAN_SUMMARY_SCHEMA
from actions_service.actions.price_input import PRICE_PROPERTIES
from neuroscale.architecture.profile import make_profile, sign_profile, write_profile
from neuroscale.architecture.storage_uri import check_storage_uri, is_uri
from neuroscale.errors import InvalidInputError, NoPlanError
from neuroscale.manifests.rendering.endpoint import RenderedFile
from neuroscale.manifests.rendering.request import (
    KIND_CHOICES,
    LONGEST_NAME,
    ROUTERS,
    STORAGE_URI_FIELD,
    EndpointRequest,
)
from neuroscale.planning.endpoint_page import endpoint_page
from neuroscale.planning.engine_deployment import render_planned_endpoint, servable_plans
from neuroscale.planning.explanation import plan_as_json, plan_as_markdown
from neuroscale.rules.finding import Finding, Severity, finding_as_json
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts

_DNS_LABEL = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
_LABEL_VALUE = r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"

_INPUT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["name", "model", "owner", "costCenter", "environment"],
    "additionalProperties": False,
    "properties": {
        "name": {
            "type": "string",
            "title": "Endpoint name",
            "description": "Lower-case letters, digits and '-'; begins with a letter, ends with a letter or digit.",
            "maxLength": LONGEST_NAME,
            "pattern": _DNS_LABEL,
            "examples": ["support-chat"],
        },
        "model": LOCATION_SCHEMA,
        "revision": REVISION_SCHEMA,
        "config": CONFIG_SCHEMA,
        "storageUri": {
            "type": "string",
            "title": "Storage URI",
            "description": (
                "Where KServe takes the weights from, if the model does not say it: a volume (pvc://claim/path), "
                "s3://, gs://, oci://, hdfs:// or https://account.blob.core.windows.net/container/path. Without "
                "it, the model's repository or its place in an object store."
            ),
            "maxLength": 1024,
            "pattern": r"^[a-z][a-z0-9]*://[!-~]+$",
            "examples": ["pvc://models/llama"],
        },
        "owner": {
            "type": "string",
            "title": "Owner",
            "description": "The team that answers for the endpoint: its name or its Backstage entity reference.",
            "minLength": 1,
            "maxLength": 200,
            "examples": ["group:default/search"],
        },
        "costCenter": {
            "type": "string",
            "title": "Cost centre",
            "description": "Letters, digits, '-', '_' and '.'; begins and ends with a letter or digit.",
            "maxLength": 63,
            "pattern": _LABEL_VALUE,
            "examples": ["cc-1234"],
        },
        "environment": {name: value for name, value in ENVIRONMENT_SCHEMA.items() if name != "default"},
        "namespace": {
            "type": "string",
            "title": "Namespace",
            "description": "Where it is applied; without it, the namespace that is called as the environment.",
            "maxLength": 63,
            "pattern": _DNS_LABEL,
            "examples": ["search"],
        },
        "kind": {
            "type": "string",
            "title": "Kind",
            "description": (
                "What serves it. Without it an InferenceService, and an LLMInferenceService where a replica needs "
                "several pods."
            ),
            "enum": list(KIND_CHOICES),
            "default": "auto",
            "examples": ["llm-inference-service"],
        },
        "router": {
            "type": "string",
            "title": "Router",
            "description": (
                "What an LLMInferenceService is reached through: its Service alone, a route of the cluster's "
                "gateway, or a route to a scheduler that knows which replica holds a prompt's prefix."
            ),
            "enum": list(ROUTERS),
            "default": "route",
            "examples": ["scheduler"],
        },
        "kserve": SURROUNDINGS_PROPERTIES["kserve"],
        **DEMAND_PROPERTIES,
        **PRICE_PROPERTIES,
    },
}

_OUTPUT_PROPERTIES: Mapping[str, Any] = {
    "files": files_schema(
        "Files",
        "The files of the endpoint, by path below its folder.",
        [{"path": "inference-service.yaml", "content": "apiVersion: serving.kserve.io/v1beta1\n..."}],
    ),
    "pages": files_schema(
        "Pages",
        "What explains the endpoint to people who open its folder: the plan in words, and the memory of each "
        "accelerator drawn. They are no manifests.",
        [{"path": "README.md", "content": "# support-chat\n..."}],
    ),
    "plan": PLAN_SCHEMA,
    "findings": FINDINGS_SCHEMA,
    "summary": PLAN_SUMMARY_SCHEMA,
}


def render_endpoint(arguments: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    """Answer the files of the endpoint; what the rules would deny is never answered.

    Raises:
        UnknownModelError: No configuration is given, and neither the catalogue nor a source has the model.
        SourceUnavailableError: Its source does not answer.
        InvalidInputError: A value cannot be written to a Kubernetes object, or the demand cannot be planned for.
        NoPlanError: Nothing on offer suffices, or the rendered files would be denied.
    """
    model = given_model(arguments, resources)
    config = required_config(model)
    stored = arguments.get(STORAGE_URI_FIELD)
    if stored is not None:
        stored = check_storage_uri(stored, STORAGE_URI_FIELD)
    kserve_version = given_kserve_release(arguments, resources)
    request = _signed(
        EndpointRequest(
            name=arguments["name"],
            # An endpoint of the same name in another environment must never be the same object.
            namespace=arguments.get("namespace", arguments["environment"]),
            owner=arguments["owner"],
            cost_center=arguments["costCenter"],
            environment=arguments["environment"],
            profile=make_profile(_name_of(model, stored), model.revision, config),
            prometheus_address=resources.prometheus_address,
            storage_uri=stored,
            kind=arguments.get("kind", "auto"),
            kserve_version=kserve_version,
            router=arguments.get("router", "route"),
            monitoring=resources.monitoring,
        ),
        resources,
    )
    result = servable_plans(request, plans_of_input(arguments, resources, model.architecture))
    best = result.plans[0]
    files = _as_json(render_planned_endpoint(request, best, model.architecture))
    # The configuration that was given is the truth about the model, whatever the catalogue holds under its name.
    models = resources.catalogue.with_configs({model.repository: config} if model.repository else {})
    findings = judge(read_files(files), ClusterFacts(models=models, kserve_version=kserve_version))
    _refuse_denied(findings)
    return {
        "files": files,
        "pages": _as_json(endpoint_page(request, result, model.architecture)),
        "plan": plan_as_json(best, model.architecture),
        "findings": [finding_as_json(finding) for finding in findings],
        "summary": plan_as_markdown(result, model.architecture),
    }


def _as_json(files: Sequence[RenderedFile]) -> list[dict[str, str]]:
    return [{"path": file.path, "content": file.content} for file in files]


def _name_of(model: GivenModel, stored: str | None) -> str:
    """Return what the profile calls the model: its repository, or where it is stored."""
    named = model.storage_uri or model.repository or stored
    if not named:
        raise InvalidInputError(
            "does not say where the weights are",
            field="model",
            fix="give storageUri, or name a repository or a place in an object store",
        )
    return check_storage_uri(named, "model") if is_uri(named) else named


def _signed(request: EndpointRequest, resources: Resources) -> EndpointRequest:
    if resources.profile_key is None:
        return request
    signature = sign_profile(write_profile(request.profile), resources.profile_key)
    return replace(request, profile_signature=signature)


def _refuse_denied(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        if finding.severity is Severity.DENY:
            raise NoPlanError(
                f"the endpoint would be denied by {finding.rule} at {finding.field}: {finding.message}",
                fix=finding.fix or None,
            )


ACTION: Action = define_action(
    name="render-endpoint",
    title="Render an endpoint",
    description=(
        "Plans how a model is served and writes the endpoint's files: InferenceService or LLMInferenceService, "
        "autoscaler, disruption budget, monitor, recording rules, kustomization and catalogue entity. The files "
        "are judged by the rules of admission before they are answered."
    ),
    input_schema=_INPUT_SCHEMA,
    output_schema={
        "type": "object",
        "required": list(_OUTPUT_PROPERTIES),
        "additionalProperties": False,
        "properties": _OUTPUT_PROPERTIES,
    },
    examples=(
        Example(
            "A chat endpoint for eight concurrent requests",
            {
                "name": "support-chat",
                "model": "google/gemma-4-26B-A4B",
                "owner": "group:default/search",
                "costCenter": "cc-1234",
                "environment": "development",
                "contextLength": 8192,
                "concurrency": 8,
            },
        ),
    ),
    handler=render_endpoint,
)
