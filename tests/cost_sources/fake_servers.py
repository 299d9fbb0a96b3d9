"""OpenCost and Prometheus as they answer over HTTP."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "two-teams" / "opencost-allocation.json"
ASSISTANT = ("team-a", "assistant-predictor-6f8d9c7b5-x2x4q")
SEARCH = ("team-b", "search-predictor-7c9f6d5b4-h8k2m")


@dataclass(slots=True)
class Asked:
    """What a server was asked: the query parameters and the authorization of each request."""

    parameters: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)

    def note(self, request: web.Request) -> None:
        """Keep what a request says."""
        self.parameters.append(dict(request.query))
        self.authorizations.append(request.headers.get("Authorization"))


def opencost(asked: Asked, answer: Callable[[], web.StreamResponse] | None = None) -> web.Application:
    """Return an OpenCost that answers the example, or what `answer` makes."""

    async def allocation(request: web.Request) -> web.StreamResponse:
        asked.note(request)
        if answer is not None:
            return answer()
        return web.Response(body=EXAMPLE.read_bytes(), content_type="application/json")

    application = web.Application()
    application.router.add_get("/allocation", allocation)
    return application


def vector(
    samples: Mapping[tuple[str, str], str], labels: tuple[str, str] = ("namespace", "pod")
) -> dict[str, Any]:
    """Return the answer of Prometheus to an instant query, with one sample for each pod."""
    result = [
        {"metric": dict(zip(labels, pod, strict=True)), "value": [1793404800, value]}
        for pod, value in samples.items()
    ]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def prometheus(asked: Asked, answers: Mapping[str, Mapping[str, Any]]) -> web.Application:
    """Return a Prometheus that answers a query by the first series that it names; nothing for others."""

    async def query(request: web.Request) -> web.Response:
        asked.note(request)
        named = re.search(r"[a-z]+:[a-z_]+", request.query["query"])
        kind = "engine-hours" if request.query["query"].startswith("sum_over_time") else named and named.group()
        return web.json_response(answers.get(str(kind), vector({})), dumps=json.dumps)

    application = web.Application()
    application.router.add_get("/api/v1/query", query)
    return application
