"""Object stores on the loopback address: the requests of S3, Google Cloud Storage and Azure that reading takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from aiohttp import web

from tests.model_sources.servers import ranged, serving

_HEADERS = {"ETag": '"1"', "Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT", "x-ms-blob-type": "BlockBlob"}


@dataclass(slots=True)
class Store:
    """The state of a store, which tests set and inspect.

    Attributes:
        objects: Content by bucket and key, "bucket/key".
        requests: Method, path, Authorization and Range header of each request.
        status: Answered to everything; None answers as a store.
        absent_status: Answered to what does not exist: 403 where the reader may not list.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str, str, str | None]] = field(default_factory=list)
    status: int | None = None
    absent_status: int = 404
    endpoint: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a listing or an object, in the path style of all three."""
        authorization = request.headers.get("Authorization", "")
        self.requests.append((request.method, request.path, authorization, request.headers.get("Range")))
        if self.status is not None:
            return web.Response(status=self.status, text="<Error><Code>Refused</Code></Error>")
        bucket, _, key = request.path.removeprefix("/devstoreaccount1").lstrip("/").partition("/")
        if request.query.get("list-type") == "2":
            return self._list(bucket, request, "<ListBucketResult>{}</ListBucketResult>", _S3_ENTRY)
        if request.query.get("comp") == "list":
            form = "<EnumerationResults><Blobs>{}</Blobs></EnumerationResults>"
            return self._list(bucket, request, form, _AZURE_ENTRY)
        content = self.objects.get(f"{bucket}/{key}")
        if content is None:
            return web.Response(status=self.absent_status, text="<Error><Code>NoSuchKey</Code></Error>")
        return ranged(request, content, dict(_HEADERS))

    def _list(self, bucket: str, request: web.Request, form: str, entry: str) -> web.Response:
        prefix = f"{bucket}/{request.query.get('prefix', '')}"
        entries = "".join(
            entry.format(name=escape(name.removeprefix(f"{bucket}/")), size=len(content))
            for name, content in sorted(self.objects.items())
            if name.startswith(prefix)
        )
        return web.Response(text=form.format(entries), content_type="application/xml")


_S3_ENTRY = (
    "<Contents><Key>{name}</Key><Size>{size}</Size><ETag>&quot;1&quot;</ETag>"
    "<LastModified>2026-11-21T00:00:00.000Z</LastModified></Contents>"
)
_AZURE_ENTRY = (
    "<Blob><Name>{name}</Name><Properties><Content-Length>{size}</Content-Length><Etag>1</Etag>"
    "<Creation-Time>Sat, 21 Nov 2026 00:00:00 GMT</Creation-Time><Content-Type>text/plain</Content-Type>"
    "<Last-Modified>Sat, 21 Nov 2026 00:00:00 GMT</Last-Modified><BlobType>BlockBlob</BlobType>"
    "</Properties></Blob>"
)


@contextmanager
def running_store() -> Iterator[Store]:
    """Run a store."""
    store = Store()
    application = web.Application()
    application.router.add_get("/{path:.*}", store.answer)
    with serving(application) as port:
        store.endpoint = f"http://127.0.0.1:{port}"
        yield store
