"""HTTP for sources: checked addresses, checked redirects, bounded bodies, and no secret in any message."""

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpcore2
import httpx2

from neuroscale.errors import UnreadableInputError
from neuroscale.model_sources.address_policy import AddressPolicy, CheckedNetwork
from neuroscale.model_sources.errors import SourceRefusedError, SourceUnavailableError
from neuroscale.model_sources.limits import Deadline

_MAXIMUM_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SECRET_HEADERS = frozenset({"authorization", "cookie"})
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(?:(\d{1,18})|\*)")
_ERROR_BODY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes:
        response: Status and headers, with at most a bounded part of the body for an answer that is none.
        content: The body of a success, whole or the part that was asked for.
    """

    response: httpx2.Response
    content: bytes


class WebClient:
    """Reads from web servers under an address policy; made for one reading and closed after it."""

    def __init__(self, policy: AddressPolicy, deadline: Deadline, *, field: str) -> None:
        self._policy = policy
        self._deadline = deadline
        self._field = field
        self._transport = _CheckedTransport(policy, field)
        # Neither proxies, netrc files nor cookies of the environment: nothing is sent that was not decided here.
        self._client = httpx2.Client(
            transport=self._transport, trust_env=False, headers={"Accept-Encoding": "identity"}
        )

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def get(self, url: str, maximum_bytes: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Read a whole body.

        Raises:
            UnreadableInputError: It is larger than allowed.
            SourceRefusedError: An address or a redirect is not allowed.
            SourceUnavailableError: The server did not answer in time or as HTTP servers do.
        """
        with self._following(url, dict(headers or {})) as response:
            return Answer(response, self._body(response, maximum_bytes, is_part=False))

    def get_range(self, url: str, offset: int, length: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Read a part of a body; it is shorter than asked only where the whole ends.

        Raises:
            SourceRefusedError: An address or a redirect is not allowed.
            SourceUnavailableError: The server did not answer in time, or does not answer ranges.
        """
        asked = {**(headers or {}), "Range": f"bytes={offset}-{offset + length - 1}"}
        with self._following(url, asked) as response:
            if response.status_code == httpx2.codes.RANGE_NOT_SATISFIABLE:
                return Answer(response, b"")
            if response.status_code == httpx2.codes.PARTIAL_CONTENT:
                found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
                if found is None or int(found.group(1)) != offset:
                    raise SourceUnavailableError("answered another range than was asked for", field=self._field)
            elif response.is_success and offset > 0:
                raise SourceUnavailableError(
                    "does not answer range requests, which headers of weights are read with", field=self._field
                )
            return Answer(response, self._body(response, length, is_part=True))

    @contextmanager
    def _following(self, url: str, headers: dict[str, str]) -> Iterator[httpx2.Response]:
        """Give the answer at the end of the redirects, its body unread unless it is an error."""
        for _ in range(_MAXIMUM_REDIRECTS + 1):
            self._policy.check_host(_host_of(url), self._field)
            with self._sent(url, headers) as response:
                if response.status_code not in _REDIRECTS:
                    if not response.is_success:
                        self._read_error(response)
                    yield response
                    return
                target = urljoin(url, response.headers.get("Location", ""))
            self._check_redirect(url, target)
            if _origin_of(url) != _origin_of(target):
                headers = {name: value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}
            url = target
        raise SourceUnavailableError(f"redirects more than {_MAXIMUM_REDIRECTS} times", field=self._field)

    @contextmanager
    def _sent(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
        timeout = httpx2.Timeout(self._deadline.left_seconds())
        try:
            with self._client.stream("GET", url, headers=dict(headers), timeout=timeout) as response:
                yield response
        except httpx2.TimeoutException:
            raise SourceUnavailableError(
                f"'{_host_of(url)}' did not answer in time", field=self._field, fix="try again later"
            ) from None
        except httpx2.ConnectError as problem:
            is_untrusted = "CERTIFICATE_VERIFY_FAILED" in str(problem)
            raise SourceUnavailableError(
                f"'{_host_of(url)}' {'shows a certificate that is not trusted' if is_untrusted else 'is down'}",
                field=self._field,
                fix="name the authority's file in SSL_CERT_FILE" if is_untrusted else "try again later",
            ) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            raise SourceUnavailableError(
                f"'{_host_of(url)}' broke off ({type(problem).__name__})", field=self._field, fix="try again later"
            ) from None

    def _body(self, response: httpx2.Response, maximum_bytes: int, *, is_part: bool) -> bytes:
        if not response.is_success:
            return b""
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise SourceUnavailableError("compresses what was asked for as it is", field=self._field)
        body = bytearray()
        stated = response.headers.get("Content-Length", "")
        if not is_part and stated.isdecimal() and int(stated[:20]) > maximum_bytes:
            raise self._too_large(maximum_bytes)
        for chunk in response.iter_raw():
            body += chunk
            self._deadline.left_seconds()
            if len(body) > maximum_bytes:
                if is_part:
                    break
                raise self._too_large(maximum_bytes)
        return bytes(body[:maximum_bytes])

    def _too_large(self, maximum_bytes: int) -> UnreadableInputError:
        return UnreadableInputError(f"is larger than {maximum_bytes} bytes", field=self._field)

    def _read_error(self, response: httpx2.Response) -> None:
        """Read an error's body if it is small: libraries look for an explanation in it."""
        stated = response.headers.get("Content-Length", "")
        if stated.isdecimal() and int(stated[:20]) <= _ERROR_BODY_BYTES:
            response.read()
        else:
            response.close()

    def _check_redirect(self, url: str, target: str) -> None:
        parts = urlsplit(target)
        is_weaker = parts.scheme != "https" and parts.scheme != urlsplit(url).scheme
        if parts.scheme not in {"http", "https"} or is_weaker or not parts.hostname or parts.username is not None:
            raise SourceRefusedError("redirects to an address that must not be followed", field=self._field)
        if parts.scheme == "http" and parts.hostname not in self._policy.listed_hosts:
            raise SourceRefusedError("redirects to an address without encryption", field=self._field)


class _CheckedTransport(httpx2.BaseTransport):
    """HTTP/1.1 over connections whose addresses were checked."""

    def __init__(self, policy: AddressPolicy, field: str) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            network_backend=CheckedNetwork(policy, field),
            max_connections=8,
            keepalive_expiry=5.0,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; failures are told in the client's own errors."""
        url = httpcore2.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        sent = httpcore2.Request(
            method=request.method, url=url, headers=request.headers.raw, extensions=request.extensions
        )
        with _told_as_client_errors():
            answer = self._pool.handle_request(sent)
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Stream(answer))

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Stream(httpx2.SyncByteStream):
    """The body of an answer."""

    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _told_as_client_errors():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        """Give the connection back."""
        self._answer.close()


@contextmanager
def _told_as_client_errors() -> Iterator[None]:
    try:
        yield
    except httpcore2.TimeoutException as problem:
        raise httpx2.ReadTimeout(str(problem)) from problem
    except httpcore2.ConnectError as problem:
        raise httpx2.ConnectError(str(problem)) from problem
    except (httpcore2.NetworkError, httpcore2.ProtocolError, ssl.SSLError) as problem:
        raise httpx2.RemoteProtocolError(str(problem)) from problem


def _host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".").lower()


def _origin_of(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, _host_of(url), parts.port or {"http": 80, "https": 443}.get(parts.scheme)
