"""The Backstage catalogue entity of an endpoint."""

from neuroscale.manifests.rendering.request import EndpointRequest

_LIFECYCLES = {"development": "experimental", "staging": "experimental", "production": "production"}


def render_catalog_info(request: EndpointRequest) -> dict[str, object]:
    """Return the Component that makes the endpoint appear in the portal, under its owner."""
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {
            "name": request.name,
            "description": f"Serves {request.profile.repository}",
            "annotations": {
                "backstage.io/kubernetes-id": request.name,
                "backstage.io/kubernetes-namespace": request.namespace,
            },
            "labels": {"cost-center": request.cost_center},
            "tags": ["model-endpoint"],
        },
        "spec": {
            "type": "model-endpoint",
            "lifecycle": _LIFECYCLES[request.environment],
            "owner": request.owner,
        },
    }
