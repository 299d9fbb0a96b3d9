"""The plain face: bare input in, bare output out, for curl, CI jobs and Backstage's proxy."""

from aiohttp import web

from actions_service.action import Action
from actions_service.actions import ACTIONS
from actions_service.answering import answer_action, authenticate, json_response
from actions_service.context import ACTION_ID
from actions_service.failures import Failure, RequestError
from actions_service.invocation import answer_plain, encode
from neuroscale.suggestions import closest_names

ROOT = "/v1/actions"


def listing() -> bytes:
    """Return the list of actions with their schemas."""
    return encode(
        {
            "actions": [
                {
                    "name": action.name,
                    "title": action.title,
                    "description": action.description,
                    "href": f"{ROOT}/{action.name}",
                    "attributes": action.attributes.as_json(),
                    "schema": {"input": action.input_schema, "output": action.output_schema},
                }
                for action in ACTIONS.values()
            ]
        }
    )


_LISTING = listing()


async def list_actions(request: web.Request) -> web.Response:
    """Answer GET /v1/actions."""
    await authenticate(request)
    return json_response(_LISTING)


async def run_action(request: web.Request) -> web.Response:
    """Answer POST /v1/actions/{name}."""
    await authenticate(request)
    action = _find(request.match_info["name"])
    request[ACTION_ID] = action.identifier
    return await answer_action(request, action, answer_plain, face="rest")


def routes() -> list[web.RouteDef]:
    """Return the routes of this face."""
    return [web.get(ROOT, list_actions), web.post(f"{ROOT}/{{name}}", run_action)]


def _find(name: str) -> Action:
    action = ACTIONS.get(name)
    if action is None:
        near = closest_names(name, list(ACTIONS), 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise RequestError(
            Failure.NOT_FOUND,
            f"there is no action '{name[:60]}'",
            fix=f"{hint}the actions are {', '.join(ACTIONS)}",
        )
    return action
