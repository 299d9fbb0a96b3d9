"""The routes of the pages: a query string in, a page or a picture out."""

from collections.abc import Callable
from functools import partial

from aiohttp import web

from actions_service.action import Resources
from actions_service.answering import authenticate
from actions_service.context import CONTEXT
from actions_service.failures import Problem, problem_of
from actions_service.pages import cost_page, plan_page
from actions_service.pages.layout import CONTENT_SECURITY_POLICY
from actions_service.pages.query import Query
from neuroscale.errors import NeuroScaleError

Page = Callable[[Query, Resources], bytes]
FailedPage = Callable[[Query, Problem], bytes]

# A picture is embedded by others, and shows what holds when it is asked for.
_PICTURE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
}


def routes() -> list[web.RouteDef]:
    """Return the routes of the pages."""
    return [
        web.get(plan_page.PATH, partial(_answer_page, page=plan_page.plan_page, failed=plan_page.failed_plan_page)),
        web.get(plan_page.PICTURE_PATH, partial(_answer_picture, picture=plan_page.memory_picture)),
        web.get(cost_page.PATH, partial(_answer_page, page=cost_page.cost_page, failed=cost_page.failed_cost_page)),
        web.get(cost_page.PICTURE_PATH, partial(_answer_picture, picture=cost_page.cost_picture)),
    ]


async def _answer_page(request: web.Request, *, page: Page, failed: FailedPage) -> web.Response:
    """Answer a page; what is wrong with the question is told on the page, with the status that it has."""
    await authenticate(request)
    query = tuple(request.query.items())
    status = 200
    try:
        body = await _compute(request, page, query)
    except NeuroScaleError as error:
        problem = problem_of(error)
        status, body = problem.failure.status, failed(query, problem)
    return web.Response(
        status=status,
        body=body,
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Cache-Control": "no-store"},
    )


async def _answer_picture(request: web.Request, *, picture: Page) -> web.Response:
    """Answer a picture; errors are told as those of any other request."""
    await authenticate(request)
    body = await _compute(request, picture, tuple(request.query.items()))
    return web.Response(body=body, content_type="image/svg+xml", headers=_PICTURE_HEADERS)


async def _compute(request: web.Request, page: Page, query: Query) -> bytes:
    context = request.app[CONTEXT]
    return await context.workers.compute(partial(page, query, context.resources))
