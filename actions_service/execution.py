"""Where actions run: worker threads, so that the event loop always answers; full means 503, never a queue."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from actions_service.failures import Failure, RequestError

RETRY_AFTER_SECONDS = 1


class Workers:
    """A fixed number of threads, each computing at most one answer.

    A thread cannot be stopped, so an answer that ran out of time keeps its place until it is really done: the
    limit holds for work, not for requests.
    """

    def __init__(self, limit: int, deadline_seconds: float) -> None:
        self.limit = limit
        self.busy = 0
        self._deadline_seconds = deadline_seconds
        self._threads = ThreadPoolExecutor(limit, thread_name_prefix="action")

    def __enter__(self) -> Self:
        """Return the workers; leaving the context waits for nobody."""
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def compute(self, work: Callable[[], bytes]) -> bytes:
        """Return what the work returns, or raise what it raises.

        Raises:
            RequestError: Every thread is busy, or the work took longer than the deadline.
        """
        if self.busy >= self.limit:
            raise RequestError(
                Failure.UNAVAILABLE,
                f"all {self.limit} workers are busy",
                fix="try again in a moment",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )
        self.busy += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(self._release)
        try:
            async with asyncio.timeout(self._deadline_seconds):
                return await asyncio.shield(future)
        except TimeoutError:
            raise RequestError(
                Failure.OUT_OF_TIME,
                f"the action took longer than {self._deadline_seconds:g} seconds",
                fix="send less at once",
            ) from None

    def _release(self, future: "asyncio.Future[bytes]") -> None:
        self.busy -= 1
        # An answer nobody waits for any more must not be reported as an exception that was never retrieved.
        if not future.cancelled():
            future.exception()
