"""All files of an endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from neuroscale.manifests.rendering.catalog_info import render_catalog_info
from neuroscale.manifests.rendering.inference_service import render_inference_service
from neuroscale.manifests.rendering.request import EndpointRequest, EngineDeployment
from neuroscale.manifests.rendering.scaled_object import render_scaled_object

INFERENCE_SERVICE_FILE = "inference-service.yaml"
SCALED_OBJECT_FILE = "scaled-object.yaml"
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
    """Return the files of an endpoint, in the order a reader wants them."""
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": request.namespace,
        "resources": [INFERENCE_SERVICE_FILE, SCALED_OBJECT_FILE],
    }
    return (
        _yaml_file(INFERENCE_SERVICE_FILE, render_inference_service(request, engine, architecture_labels)),
        _yaml_file(SCALED_OBJECT_FILE, render_scaled_object(request, engine)),
        _yaml_file(KUSTOMIZATION_FILE, kustomization),
        _yaml_file(CATALOG_INFO_FILE, render_catalog_info(request)),
    )


class _PlainDumper(yaml.SafeDumper):
    """Writes lists indented below their key and never an alias: what people expect of a manifest."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _yaml_file(path: str, body: Mapping[str, object]) -> RenderedFile:
    text = yaml.dump(body, Dumper=_PlainDumper, sort_keys=False, width=10_000, allow_unicode=True)
    return RenderedFile(path=path, content=text)
