"""What the parts of a running application share, under typed keys."""

from dataclasses import dataclass

from aiohttp import web

from actions_service.action import Resources
from actions_service.callers import CallerCheck
from actions_service.execution import Workers
from actions_service.metrics import Metrics
from actions_service.request_body import BodyReader


@dataclass(slots=True)
class ServiceContext:
    """The state of a running service.

    Attributes:
        is_draining: The service is about to stop: it is not ready, and connections are closed after an answer.
    """

    resources: Resources
    callers: CallerCheck
    workers: Workers
    bodies: BodyReader
    metrics: Metrics
    is_draining: bool = False


CONTEXT = web.AppKey("context", ServiceContext)
REQUEST_ID = web.RequestKey("request_id", str)
ACTION_ID = web.RequestKey("action_id", str)
CALLER = web.RequestKey("caller", str)
