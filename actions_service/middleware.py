"""What every request gets, whatever it asks for: an id, an answer in the right dialect, a log line, a count."""

import logging
import re
import sys
import time
import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

from actions_service.action import PLUGIN_ID
from actions_service.context import ACTION_ID, CALLER, CONTEXT, REQUEST_ID
from actions_service.failures import Failure, Problem, RequestError, backstage_body, plain_body, problem_of
from actions_service.log import LOGGER, log
from actions_service.request_body import body_too_large
from neuroscale.errors import NeuroScaleError

BACKSTAGE_ROOT = f"/api/{PLUGIN_ID}/.backstage"
_REQUEST_ID_HEADER = "X-Request-Id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_QUIET_ROUTES = frozenset({"/healthz", "/readyz", "/metrics"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, and log and count its answer; the outermost layer."""
    started = time.monotonic()
    given = request.headers.get(_REQUEST_ID_HEADER, "")
    request[REQUEST_ID] = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    response = await handler(request)
    response.headers[_REQUEST_ID_HEADER] = request[REQUEST_ID]
    response.headers["Server"] = "neuroscale"
    response.headers["X-Content-Type-Options"] = "nosniff"
    context = request.app[CONTEXT]
    if context.is_draining:
        response.force_close()
    route = _route(request)
    # Methods are the client's words; only those that some route knows become a label.
    method = request.method if request.method in {"GET", "HEAD", "POST"} else "other"
    context.metrics.requests.labels(route, method, response.status).inc()
    log(
        logging.DEBUG if route in _QUIET_ROUTES else logging.INFO,
        "request",
        request_id=request[REQUEST_ID],
        method=method,
        route=route,
        action=request.get(ACTION_ID),
        caller=request.get(CALLER),
        status=response.status,
        milliseconds=round((time.monotonic() - started) * 1000, 2),
    )
    return response


@web.middleware
async def answer_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every exception into an error body in the dialect of the face, with a reason phrase that says it all."""
    try:
        return await handler(request)
    except NeuroScaleError as error:
        problem = problem_of(error)
    except web.HTTPException as error:
        problem = _problem_of_http(request, error)
    except Exception:  # noqa: BLE001 - a fault of ours: the caller learns that it is, the log learns where
        LOGGER.error(
            "fault while answering", exc_info=sys.exc_info(), extra={"fields": {"request_id": request[REQUEST_ID]}}
        )
        problem = Problem(Failure.INTERNAL, "a fault in the service, not in the request")
    if request.path.startswith(f"{BACKSTAGE_ROOT}/"):
        body = backstage_body(problem, request[REQUEST_ID], request.get(ACTION_ID))
    else:
        body = plain_body(problem, request[REQUEST_ID])
    return web.Response(
        status=problem.failure.status,
        reason=problem.reason_phrase,
        body=body,
        content_type="application/json",
        headers=problem.headers,
    )


def _problem_of_http(request: web.Request, error: web.HTTPException) -> Problem:
    """Return the problem behind an exception of the HTTP library itself."""
    match error:
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return Problem(
                Failure.METHOD_NOT_ALLOWED,
                f"{request.method[:20]} is not allowed here",
                fix=f"use {allowed}",
                headers={"Allow": allowed},
            )
        case web.HTTPRequestEntityTooLarge():
            return problem_of(body_too_large())
        case web.HTTPNotFound():
            return problem_of(RequestError(Failure.NOT_FOUND, "no such page", fix="GET /docs shows what there is"))
        case _:
            return Problem(Failure.BAD_REQUEST, error.reason)


def _route(request: web.Request) -> str:
    """Return the pattern that matched, which unlike the path holds nothing that a client made up."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"
