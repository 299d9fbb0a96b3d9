"""All files of an endpoint."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from neuroscale.manifests.rendering.catalog_info import render_catalog_info
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.endpoint_kind import endpoint_kind
from neuroscale.manifests.rendering.endpoint_pods import endpoint_pods
from neuroscale.manifests.rendering.inference_service import render_inference_service
from neuroscale.manifests.rendering.llm_inference_service import render_llm_inference_service
from neuroscale.manifests.rendering.pod_disruption_budget import render_pod_disruption_budget
from neuroscale.manifests.rendering.pod_monitor import render_pod_monitor
from neuroscale.manifests.rendering.prometheus_rule import render_prometheus_rule
from neuroscale.manifests.rendering.request import EndpointKind, EndpointRequest
from neuroscale.manifests.rendering.scaled_object import render_scaled_object

SERVING_FILES: Mapping[EndpointKind, str] = {
    "inference-service": "inference-service.yaml",
    "llm-inference-service": "llm-inference-service.yaml",
}
SCALED_OBJECT_FILE = "scaled-object.yaml"
POD_DISRUPTION_BUDGET_FILE = "pod-disruption-budget.yaml"
POD_MONITOR_FILE = "pod-monitor.yaml"
PROMETHEUS_RULE_FILE = "prometheus-rule.yaml"
CATALOG_INFO_FILE = "catalog-info.yaml"
KUSTOMIZATION_FILE = "kustomization.yaml"


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A file of the endpoint: its path below the endpoint's folder, and its text."""

    path: str
    content: str


def render_endpoint(
    request: EndpointRequest, engine: EngineDeployment, architecture_labels: Mapping[str, str]
) -> tuple[RenderedFile, ...]:
    """Return the files of an endpoint, in the order a reader wants them.

    Raises:
        InvalidInputError: What was asked for cannot run the replicas as they are planned.
    """
    objects = dict(_cluster_objects(request, engine, architecture_labels))
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": request.namespace,
        "resources": list(objects),
    }
    return (
        *(_yaml_file(path, body) for path, body in objects.items()),
        _yaml_file(KUSTOMIZATION_FILE, kustomization),
        _yaml_file(CATALOG_INFO_FILE, render_catalog_info(request)),
    )


def _cluster_objects(
    request: EndpointRequest, engine: EngineDeployment, architecture_labels: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield what is applied to the cluster, by its path."""
    kind = endpoint_kind(request, engine)
    pods = endpoint_pods(request.name, kind, engine.pods_per_replica)
    render = render_inference_service if kind == "inference-service" else render_llm_inference_service
    yield SERVING_FILES[kind], render(request, engine, architecture_labels)
    yield SCALED_OBJECT_FILE, render_scaled_object(request, engine, pods)
    yield POD_DISRUPTION_BUDGET_FILE, render_pod_disruption_budget(request, pods)
    if request.monitoring.files == "all":
        yield POD_MONITOR_FILE, render_pod_monitor(request, pods)
    if request.monitoring.files != "none":
        yield PROMETHEUS_RULE_FILE, render_prometheus_rule(request, engine)


class _PlainDumper(yaml.SafeDumper):
    """Writes lists indented below their key and never an alias: what people expect of a manifest."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


# What the YAML of kubectl and kustomize takes for a boolean or a number, and PyYAML writes without quotes.
# Source: gopkg.in/yaml.v2 2.4.0, resolve.go.
_PlainDumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^[yYnN]$"), list("yYnN"))
_PlainDumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)
_PlainDumper.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^0o[0-7]+$"), ["0"])


def _yaml_file(path: str, body: Mapping[str, object]) -> RenderedFile:
    text = yaml.dump(body, Dumper=_PlainDumper, sort_keys=False, width=10_000, allow_unicode=True)
    return RenderedFile(path=path, content=text)
