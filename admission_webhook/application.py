"""The HTTP face of the webhook: POST /validate.

Two ways to say no are kept apart. A refusal is a 200 with `allowed: false`, and failurePolicy is not asked.
Everything else that goes wrong here (a bug, overload, an unreadable body) is a status of 400 or above with a fixed
short text, so that failurePolicy decides; that text reaches the user's terminal and so never carries a detail.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aiohttp import web

from admission_webhook.answer import Verdict, allow, answer
from admission_webhook.judgement import Judge, Knowledge, is_judged, judge_request
from admission_webhook.live_policy import count_uses
from admission_webhook.metrics import WebhookMetrics
from admission_webhook.review import AdmissionRequest, AdmissionResponse, read_review, write_answer
from admission_webhook.structured_log import StructuredLog
from neuroscale.errors import UnreadableInputError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

JSON = "application/json"

# One, because a parsed review may take thirty times the memory of its body, and anybody may send one.
_THREADS = 1


@dataclass(frozen=True, slots=True)
class WebhookLimits:
    """What one process takes on.

    Attributes:
        maximum_body_bytes: A review carries the new and the stored object, each of up to 3 MiB.
        maximum_in_flight: Reviews answered at once; the next one is told to come back.
        maximum_bytes_in_flight: Bodies held at once, by their announced length; what does not fit comes back too.
        off_loop_body_bytes: Bodies above this are parsed and judged in a thread.
        default_timeout_seconds: Used when the caller names none; the API server's own default.
        longest_timeout_seconds: The most that the API server allows a registration; a caller who names more does
            not hold a place for longer.
        answer_margin_seconds: Kept back from the caller's timeout for the way home.
    """

    maximum_body_bytes: int = 8 * 1024 * 1024
    maximum_in_flight: int = 64
    maximum_bytes_in_flight: int = 32 * 1024 * 1024
    off_loop_body_bytes: int = 256 * 1024
    default_timeout_seconds: float = 10.0
    longest_timeout_seconds: float = 30.0
    answer_margin_seconds: float = 0.2


class WebhookState:
    """What the handler and the server that drains it share."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.bytes_in_flight = 0
        self.draining = False

    def enter(self, body_bytes: int) -> None:
        """Count one review more."""
        self.in_flight += 1
        self.bytes_in_flight += body_bytes

    def leave(self, body_bytes: int) -> None:
        """Count one review less."""
        self.in_flight -= 1
        self.bytes_in_flight -= body_bytes


@dataclass(frozen=True, slots=True)
class Webhook:
    """Everything one webhook application is made of.

    Attributes:
        judge: The rules.
        known: What a judgement rests on besides the object.
        metrics: Where calls are counted.
        log: Where calls are told.
        state: Shared with the server.
        limits: What one process takes on.
        enforce: False turns every denial into a warning.
        version: Version of the rules, for audit annotations.
    """

    judge: Judge
    known: Knowledge
    metrics: WebhookMetrics
    log: StructuredLog
    state: WebhookState
    limits: WebhookLimits
    enforce: bool
    version: str


class _CallFailedError(Exception):
    def __init__(self, status: int, cause: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.cause = cause
        self.text = text


def create_application(webhook: Webhook) -> web.Application:
    """Make the application that answers `POST /validate`."""
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="review")

    async def validate(request: web.Request) -> web.StreamResponse:
        """Answer one review."""
        return await _validate(webhook, threads, request)

    async def stop_threads(_application: web.Application) -> None:
        """Let the threads end once they are idle."""
        threads.shutdown(wait=False)

    @web.middleware
    async def without_detail(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Keep details out of failures, and hand the connection back while draining."""
        response = await _answer_failures(webhook, request, handler)
        if webhook.state.draining:
            response.force_close()
        return response

    application = web.Application(middlewares=[without_detail], client_max_size=webhook.limits.maximum_body_bytes)
    application.router.add_post("/validate", validate)
    application.on_cleanup.append(stop_threads)
    return application


async def _answer_failures(webhook: Webhook, request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except _CallFailedError as failure:
        return _failure(webhook, failure)
    except web.HTTPException as error:
        if error.status == 413:
            return _failure(webhook, _CallFailedError(413, "body-too-large", "the review is too large"))
        return _failure(webhook, _CallFailedError(error.status, "http", error.reason.lower()))
    except ConnectionError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug must become a 500 without detail, never a denial
        webhook.log.bug("call-failed", error)
        return _failure(webhook, _CallFailedError(500, "internal", "internal error"))


def _failure(webhook: Webhook, failure: _CallFailedError) -> web.Response:
    webhook.metrics.failures.labels(str(failure.status), failure.cause).inc()
    webhook.log.warning("call-not-answered", status=failure.status, cause=failure.cause)
    return web.Response(status=failure.status, text=failure.text)


async def _validate(webhook: Webhook, threads: ThreadPoolExecutor, request: web.Request) -> web.Response:
    limits, state = webhook.limits, webhook.state
    _check_headers(limits, request)
    announced_bytes = limits.maximum_body_bytes if request.content_length is None else request.content_length
    fits = state.bytes_in_flight + announced_bytes <= limits.maximum_bytes_in_flight
    if state.in_flight >= limits.maximum_in_flight or not fits:
        raise _CallFailedError(503, "overload", "too many reviews at once")
    started = time.perf_counter()
    work: asyncio.Future[bytes] | None = None
    state.enter(announced_bytes)
    try:
        async with asyncio.timeout(_seconds_to_answer(limits, request)):
            body = await request.read()
            if len(body) > limits.off_loop_body_bytes:
                work = asyncio.get_running_loop().run_in_executor(threads, _answer_review, webhook, body, started)
                content = await asyncio.shield(work)
            else:
                content = _answer_review(webhook, body, started)
    except TimeoutError as error:
        raise _CallFailedError(503, "deadline", "the review could not be answered in time") from error
    except (UnreadableInputError, web.RequestPayloadError) as error:
        raise _CallFailedError(400, "unreadable", "the request is not a readable admission review") from error
    finally:
        # A thread cannot be interrupted: a review whose caller has gone still occupies its place until it is done.
        if work is not None and not work.done():
            work.add_done_callback(lambda _: state.leave(announced_bytes))
        else:
            state.leave(announced_bytes)
    webhook.metrics.review_seconds.observe(time.perf_counter() - started)
    return web.Response(body=content, content_type=JSON)


def _check_headers(limits: WebhookLimits, request: web.Request) -> None:
    if request.content_type != JSON or "Content-Encoding" in request.headers:
        raise _CallFailedError(415, "content-type", "the content type must be application/json")
    if (request.content_length or 0) > limits.maximum_body_bytes:
        raise _CallFailedError(413, "body-too-large", "the review is too large")


def _answer_review(webhook: Webhook, body: bytes, started: float) -> bytes:
    review = read_review(body)
    if not is_judged(review):
        _tell(webhook, review, None, started)
        return write_answer(allow(review))
    judged_from = time.perf_counter()
    verdict = judge_request(review, webhook.judge, webhook.known, enforce=webhook.enforce)
    webhook.metrics.judge_seconds.observe(time.perf_counter() - judged_from)
    response: AdmissionResponse = answer(
        review,
        verdict,
        mode="enforce" if webhook.enforce else "warn",
        version=webhook.version,
        duration_seconds=time.perf_counter() - started,
    )
    _tell(webhook, review, verdict, started)
    return write_answer(response)


def _tell(webhook: Webhook, review: AdmissionRequest, verdict: Verdict | None, started: float) -> None:
    judged = verdict if verdict is not None else Verdict()
    for severity, findings in (("deny", judged.denials), ("warn", judged.warnings)):
        for finding in findings:
            webhook.metrics.findings.labels(finding.rule, severity).inc()
    count_uses(webhook.metrics, judged.exceptions)
    # An unjudged kind is whatever a caller cares to send: it must not become a label of its own.
    kind, operation = (review.kind, review.operation) if verdict is not None else ("other", "other")
    webhook.metrics.reviews.labels(kind, operation, str(judged.allowed).lower()).inc()
    webhook.log.info(
        "review",
        uid=review.uid,
        kind=review.kind,
        namespace=review.namespace,
        name=review.name,
        operation=review.operation,
        dry_run=review.dry_run,
        judged=verdict is not None,
        allowed=judged.allowed,
        denied_by=sorted({finding.rule for finding in judged.denials}),
        notes=len(judged.notes),
        warned_by=sorted({finding.rule for finding in judged.warnings}),
        excepted_by=list(judged.excepted_rules),
        duration_seconds=round(time.perf_counter() - started, 6),
    )


_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[hms])")
_UNIT_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def _seconds_to_answer(limits: WebhookLimits, request: web.Request) -> float:
    """Read `?timeout=`, a Go duration such as 3s or 1m0s; what cannot be read counts as not given."""
    text = request.query.get("timeout", "")
    parts = _DURATION_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return limits.default_timeout_seconds
    seconds: float = sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
    granted = min(seconds, limits.longest_timeout_seconds)
    return max(granted - limits.answer_margin_seconds, granted / 2)
