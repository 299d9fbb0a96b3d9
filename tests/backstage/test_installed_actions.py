"""The actions appear in the portal, and to its agents, as the service describes them."""

from typing import Any

import pytest

from tests.rigs.backstage.client import Backstage, request
from tests.rigs.backstage.service import ActionsService

pytestmark = pytest.mark.backstage

ACTIONS = {
    "inspect-model",
    "plan-serving",
    "render-endpoint",
    "check-manifests",
    "compare-resources",
    "estimate-cost",
    "audit-drift",
}


def described(actions_service: ActionsService) -> dict[str, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {actions_service.token}"}
    reply = request(actions_service.url, "GET", "/v1/actions", headers=headers)
    assert reply.status == 200, reply
    return {action["name"]: action for action in reply.body["actions"]}


def test_the_portal_lists_every_action_with_the_schemas_of_the_service(
    backstage: Backstage, actions_service: ActionsService
) -> None:
    installed = backstage.actions()
    actions = described(actions_service)
    assert actions.keys() >= ACTIONS
    for name, action in actions.items():
        listed = installed[f"neuroscale:{name}"]
        assert listed["description"] == action["description"]
        assert listed["schema"] == action["schema"]


def test_agents_find_the_actions_as_tools(backstage: Backstage, actions_service: ActionsService) -> None:
    tools = {tool["name"]: tool for tool in backstage.agent_call("tools/list", {})["tools"]}
    for name, action in described(actions_service).items():
        assert tools[f"neuroscale.{name}"]["description"] == action["description"]


def test_an_agent_gets_the_same_answer_as_curl(backstage: Backstage, actions_service: ActionsService) -> None:
    arguments = {"model": "google/gemma-4-26B-A4B"}
    result = backstage.agent_call("tools/call", {"name": "neuroscale.inspect-model", "arguments": arguments})
    answer = actions_service.call("inspect-model", arguments).body
    assert result["structuredContent"] == answer
