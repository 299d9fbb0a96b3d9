"""The steps that both faces share: who calls, what they send, and the answer computed by a worker."""

import time
from collections.abc import Callable
from functools import partial

from aiohttp import web

from actions_service.action import Action, Resources
from actions_service.context import CALLER, CONTEXT
from actions_service.failures import problem_of
from neuroscale.errors import NeuroScaleError

Answer = Callable[[Action, bytes, Resources], bytes]


async def authenticate(request: web.Request) -> None:
    """Let the request pass and remember who sent it; raises RequestError when it must not be served."""
    caller = await request.app[CONTEXT].callers.identify(request)
    request[CALLER] = caller.name


async def answer_action(request: web.Request, action: Action, answer: Answer, *, face: str) -> web.Response:
    """Read the body, compute the answer in a worker thread and count it."""
    context = request.app[CONTEXT]
    metrics = context.metrics
    status = 500
    try:
        body = await context.bodies.read(request)
        started = time.monotonic()
        computed = await context.workers.compute(partial(answer, action, body, context.resources))
        metrics.duration.labels(action.name).observe(time.monotonic() - started)
        status = 200
    except NeuroScaleError as error:
        status = problem_of(error).failure.status
        raise
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        metrics.invocations.labels(action.name, face, status).inc()
    return json_response(computed)


def json_response(body: bytes) -> web.Response:
    """Return a 200 of exactly application/json, which is what Backstage's HTTP action parses."""
    return web.Response(body=body, content_type="application/json")
