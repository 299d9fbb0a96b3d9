"""The application: routes, middlewares and the state that lives as long as it runs."""

from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from actions_service import backstage, operations, rest
from actions_service.callers import CallerCheck
from actions_service.context import CONTEXT, ServiceContext
from actions_service.execution import Workers
from actions_service.key_sets import KeySets
from actions_service.metrics import Metrics
from actions_service.middleware import answer_failures, observe
from actions_service.pages import routes as pages
from actions_service.request_body import BODY_LIMIT_BYTES, BodyReader
from actions_service.settings import Settings


def make_application(settings: Settings) -> web.Application:
    """Return the application; it opens its threads and its HTTP client when it starts."""
    application = web.Application(middlewares=[observe, answer_failures], client_max_size=BODY_LIMIT_BYTES)
    application.add_routes([*operations.routes(), *rest.routes(), *backstage.routes(), *pages.routes()])

    async def live(app: web.Application) -> AsyncIterator[None]:
        """Hold the state while the application runs."""
        metrics = Metrics(settings.worker_limit)
        async with aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session:
            with Workers(settings.worker_limit, settings.action_deadline_seconds) as workers:
                app[CONTEXT] = ServiceContext(
                    resources=settings.resources,
                    callers=CallerCheck(
                        token_digests=settings.token_digests,
                        backstage_url=settings.backstage_url,
                        calling_plugins=settings.calling_plugins,
                        key_sets=KeySets(session, metrics),
                        metrics=metrics,
                    ),
                    workers=workers,
                    bodies=BodyReader(settings.receive_limit, settings.body_deadline_seconds),
                    metrics=metrics,
                )
                yield

    application.cleanup_ctx.append(live)
    return application
