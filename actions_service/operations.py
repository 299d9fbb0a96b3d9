"""The pages for operators and readers: health, metrics and the reference."""

from aiohttp import web

from actions_service.answering import json_response
from actions_service.context import CONTEXT
from actions_service.invocation import encode
from actions_service.openapi import openapi_document
from actions_service.reference_page import reference_page

_HEALTHY = encode({"status": "ok"})
_DRAINING = encode({"status": "draining"})
_OPENAPI = encode(openapi_document())
_REFERENCE = reference_page().encode()
_REFERENCE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


async def health(_: web.Request) -> web.Response:
    """Answer that the process answers."""
    return json_response(_HEALTHY)


async def readiness(request: web.Request) -> web.Response:
    """Answer whether requests should be sent here."""
    if request.app[CONTEXT].is_draining:
        return web.Response(status=503, body=_DRAINING, content_type="application/json")
    return json_response(_HEALTHY)


async def metrics(request: web.Request) -> web.Response:
    """Answer the metrics."""
    context = request.app[CONTEXT]
    context.metrics.busy_workers.set(context.workers.busy)
    return web.Response(body=context.metrics.exposition(), headers={"Content-Type": context.metrics.content_type})


async def openapi(_: web.Request) -> web.Response:
    """Answer the OpenAPI document."""
    return json_response(_OPENAPI)


async def reference(_: web.Request) -> web.Response:
    """Answer the reference page."""
    return web.Response(
        body=_REFERENCE,
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": _REFERENCE_POLICY},
    )


async def to_reference(_: web.Request) -> web.Response:
    """Send a browser that asks for the root to the reference."""
    return web.Response(status=302, headers={"Location": "/docs"})


def routes() -> list[web.RouteDef]:
    """Return the routes that need no token."""
    return [
        web.get("/", to_reference),
        web.get("/healthz", health),
        web.get("/readyz", readiness),
        web.get("/metrics", metrics),
        web.get("/openapi.json", openapi),
        web.get("/docs", reference),
    ]
