"""A request, and ways to serve it."""

import pytest

from neuroscale.manifests.rendering.deployment import EngineDeployment
from neuroscale.manifests.rendering.request import EndpointRequest
from tests.rendering.endpoints import engine_of_a_group, engine_of_one_pod, gemma_request


@pytest.fixture
def request_for_gemma() -> EndpointRequest:
    """A developer's request."""
    return gemma_request()


@pytest.fixture
def two_accelerators() -> EngineDeployment:
    """Two devices per pod."""
    return engine_of_one_pod()


@pytest.fixture
def group_of_pods() -> EngineDeployment:
    """Replicas of two pods with eight devices each: sixteen data-parallel ranks that share the experts."""
    return engine_of_a_group()
