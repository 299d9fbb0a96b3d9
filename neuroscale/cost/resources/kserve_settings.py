"""What a cluster's KServe gives to pods that state nothing, and how it deploys by default.

Source: KServe v0.11.0 to v0.20.0, `pkg/apis/serving/v1beta1/inference_service_defaults.go` (hard-coded up to v0.14,
the ConfigMap `inferenceservice-config` since v0.15), `predictor_model.go` (a predictor with a `model` gets nothing)
and `config/configmap/inferenceservice.yaml`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from packaging.version import InvalidVersion, Version

from neuroscale.errors import InvalidInputError
from neuroscale.manifests.container import Container, ResourceAmount
from neuroscale.manifests.object import ManifestObject

CONFIGURATION_MAP = "inferenceservice-config"
_CONFIGURABLE_SINCE = Version("0.15")
_MODE_NAMES = {"RawDeployment": "Standard", "Serverless": "Knative"}
_SHIPPED: Mapping[str, str] = MappingProxyType({"cpu": "1", "memory": "2Gi"})


@dataclass(frozen=True, slots=True)
class KServeSettings:
    """How KServe is set up.

    Attributes:
        requests: What the first container of a custom predictor, transformer or explainer asks for where it asks
            for none.
        limits: The same of its limits.
        deployment_mode: "Standard" or "Knative" where no annotation says so; None where it is not known.
    """

    requests: Mapping[str, str]
    limits: Mapping[str, str]
    deployment_mode: str | None = None


def read_kserve_settings(objects: Iterable[ManifestObject], kserve_version: str | None) -> KServeSettings:
    """Return the settings of a cluster: of its `inferenceservice-config` if that is at hand, else those shipped.

    Raises:
        InvalidInputError: The ConfigMap does not hold JSON where KServe reads it.
    """
    shipped = KServeSettings(_SHIPPED, _SHIPPED)
    found = next((each for each in objects if each.kind == "ConfigMap" and each.name == CONFIGURATION_MAP), None)
    if found is None:
        return shipped
    mode = _section(found, "deploy").get("defaultDeploymentMode")
    mode = mode_name(mode) if isinstance(mode, str) and mode else None
    if not _is_configurable(kserve_version):
        return replace(shipped, deployment_mode=mode)
    resource = _section(found, "inferenceService").get("resource")
    stated = resource if isinstance(resource, Mapping) else {}
    return KServeSettings(
        requests=_texts({"cpu": stated.get("cpuRequest"), "memory": stated.get("memoryRequest")}),
        limits=_texts({"cpu": stated.get("cpuLimit"), "memory": stated.get("memoryLimit")}),
        deployment_mode=mode,
    )


def mode_name(written: str) -> str:
    """Return a deployment mode under its name of today."""
    return _MODE_NAMES.get(written, written)


def with_default_resources(container: Container, settings: KServeSettings) -> Container:
    """Return a container as KServe's defaulting webhook leaves it: each amount that is not written is added."""
    requests = {name: ResourceAmount(amount, None) for name, amount in settings.requests.items()}
    limits = {name: ResourceAmount(amount, None) for name, amount in settings.limits.items()}
    return replace(container, requests={**requests, **container.requests}, limits={**limits, **container.limits})


def _is_configurable(kserve_version: str | None) -> bool:
    try:
        return kserve_version is None or Version(kserve_version) >= _CONFIGURABLE_SINCE
    except InvalidVersion:
        raise InvalidInputError(
            f"{kserve_version!r} is not a release", field="KServe version", fix="write e.g. 0.20.0"
        ) from None


def _section(manifest: ManifestObject, key: str) -> Mapping[str, Any]:
    data = manifest.body.get("data")
    text = data.get(key) if isinstance(data, Mapping) else None
    if not isinstance(text, str):
        return {}
    try:
        section = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            "is not JSON, which KServe reads here", field=f"ConfigMap {manifest.name}: data.{key}"
        ) from error
    return section if isinstance(section, Mapping) else {}


def _texts(amounts: Mapping[str, object]) -> Mapping[str, str]:
    return {name: str(amount) for name, amount in amounts.items() if amount not in (None, "")}
