"""Rendered endpoints, parsed, and judged as a pull request would be."""

from typing import Any

import yaml

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.endpoint import render_endpoint
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts

LABELS = {"model-architecture": "moe", "active-param-ratio": "0.15", "total-params": "25.2B"}


def rendered(request: EndpointRequest, engine: EngineDeployment) -> dict[str, Any]:
    """Return the parsed files of an endpoint by path."""
    return {file.path: yaml.safe_load(file.content) for file in render_endpoint(request, engine, LABELS)}


def findings_of(request: EndpointRequest, engine: EngineDeployment) -> list[str]:
    """Return what the rules say about the files of an endpoint."""
    files = render_endpoint(request, engine, LABELS)
    objects = [manifest for file in files for manifest in load_manifests(file.content, file.path)]
    facts = ClusterFacts(models=load_catalogue(), kserve_version=request.kserve_version)
    return [f"{finding.rule} {finding.field}: {finding.message}" for finding in judge(objects, facts)]
