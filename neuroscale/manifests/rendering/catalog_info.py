"""The Backstage catalogue entity of an endpoint."""

from neuroscale.manifests.rendering.request import EndpointRequest

_LIFECYCLES = {"development": "experimental", "staging": "experimental", "production": "production"}


def render_catalog_info(request: EndpointRequest) -> dict[str, object]:
    """Return the Component that makes the endpoint appear in the portal, under its owner.

    Its namespace in the catalogue is the one it has in the cluster: endpoints of one name in two environments are
    two entities.
    """
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {
            "name": request.name,
            "namespace": request.namespace,
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
            "owner": _entity_reference(request.owner),
        },
    }


def _entity_reference(owner: str) -> str:
    """Write an owner in full: Backstage would look for a bare name in the namespace of the Component."""
    kind, _, place = owner.rpartition(":")
    namespace, _, name = place.rpartition("/")
    return f"{kind or 'group'}:{namespace or 'default'}/{name}"
