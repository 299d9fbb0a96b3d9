"""The face that Backstage knows: its distributed-actions protocol under the plugin id `neuroscale`.

Backstage asks for the listing at every step of every task, without a timeout, and a malformed listing breaks its
templates; so the listing is made once, at import.
"""

from aiohttp import web

from actions_service.action import PLUGIN_ID, Action
from actions_service.actions import ACTIONS
from actions_service.answering import answer_action, authenticate, json_response
from actions_service.context import ACTION_ID
from actions_service.failures import Failure, RequestError
from actions_service.invocation import answer_backstage_v1, answer_backstage_v2, encode
from actions_service.middleware import BACKSTAGE_ROOT

_BY_IDENTIFIER = {action.identifier: action for action in ACTIONS.values()}


def listing() -> bytes:
    """Return the listing, with every field of every action: Backstage fails on a missing one."""
    return encode(
        {
            "actions": [
                {
                    "id": action.identifier,
                    "name": action.name,
                    "title": action.title,
                    "description": action.description,
                    "pluginId": PLUGIN_ID,
                    "examples": [],
                    "attributes": action.attributes.as_json(),
                    "schema": {"input": action.input_schema, "output": action.output_schema},
                }
                for action in ACTIONS.values()
            ]
        }
    )


_LISTING = listing()
# Older releases look for a plugin's keys before they issue a token for it; an empty set satisfies them.
_KEY_SET = encode({"keys": []})


async def list_actions(request: web.Request) -> web.Response:
    """Answer the listing."""
    await authenticate(request)
    return json_response(_LISTING)


async def invoke_v1(request: web.Request) -> web.Response:
    """Answer an invocation whose body is the bare input."""
    await authenticate(request)
    return await answer_action(request, _find(request), answer_backstage_v1, face="backstage")


async def invoke_v2(request: web.Request) -> web.Response:
    """Answer an invocation whose body is an envelope of input and secrets."""
    await authenticate(request)
    return await answer_action(request, _find(request), answer_backstage_v2, face="backstage")


async def key_set(_: web.Request) -> web.Response:
    """Answer the public keys with which this plugin signs tokens: it signs none."""
    return json_response(_KEY_SET)


def routes() -> list[web.RouteDef]:
    """Return the routes of this face."""
    return [
        web.get(f"{BACKSTAGE_ROOT}/actions/v1/actions", list_actions),
        web.get(f"{BACKSTAGE_ROOT}/actions/v2/actions", list_actions),
        web.post(f"{BACKSTAGE_ROOT}/actions/v1/actions/{{id}}/invoke", invoke_v1),
        web.post(f"{BACKSTAGE_ROOT}/actions/v2/actions/{{id}}/invoke", invoke_v2),
        web.get(f"{BACKSTAGE_ROOT}/auth/v1/jwks.json", key_set),
    ]


def _find(request: web.Request) -> Action:
    identifier = request.match_info["id"]
    action = _BY_IDENTIFIER.get(identifier)
    if action is None:
        raise RequestError(
            Failure.NOT_FOUND,
            f'Action "{identifier[:100]}" not found',
            fix=f"the actions are {', '.join(_BY_IDENTIFIER)}",
        )
    request[ACTION_ID] = identifier
    return action
