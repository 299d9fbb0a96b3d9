"""The body of a request: its kind, its size and the time it may take to arrive."""

import asyncio

from aiohttp import web

from actions_service.failures import Failure, RequestError

BODY_LIMIT_BYTES = 8 * 1024 * 1024
_CURL_HINT = "send Content-Type: application/json"


class BodyReader:
    """Reads bodies into memory, a limited number of them at the same time."""

    def __init__(self, limit: int, deadline_seconds: float) -> None:
        self._limit = limit
        self._reading = 0
        self._deadline_seconds = deadline_seconds

    async def read(self, request: web.Request) -> bytes:
        """Return the whole body of a request that claims to be JSON.

        Raises:
            RequestError: Another kind of content, more than BODY_LIMIT_BYTES, too slow, or too many at once.
        """
        content_type = request.content_type if "Content-Type" in request.headers else ""
        if content_type != "application/json":
            told = f"the content type is {content_type}" if content_type else "there is no content type"
            raise RequestError(Failure.UNSUPPORTED_MEDIA_TYPE, told, field="Content-Type", fix=_CURL_HINT)
        if request.content_length is not None and request.content_length > BODY_LIMIT_BYTES:
            raise body_too_large()
        if self._reading >= self._limit:
            raise RequestError(
                Failure.UNAVAILABLE,
                "too many requests are being received",
                fix="try again in a moment",
                headers={"Retry-After": "1"},
            )
        self._reading += 1
        try:
            async with asyncio.timeout(self._deadline_seconds):
                return await request.read()
        except TimeoutError:
            raise RequestError(
                Failure.TOO_SLOW,
                f"the body did not arrive within {self._deadline_seconds:g} seconds",
                field="body",
                headers={"Connection": "close"},
            ) from None
        finally:
            self._reading -= 1


def body_too_large() -> RequestError:
    """Return the error for a body over the limit."""
    return RequestError(
        Failure.TOO_LARGE,
        f"the body is larger than {BODY_LIMIT_BYTES // (1024 * 1024)} MiB",
        field="body",
        fix="send fewer or smaller files",
    )
