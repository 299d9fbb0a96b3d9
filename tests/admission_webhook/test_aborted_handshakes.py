"""Port scanners and TCP probes: connections that never finish a handshake cost nothing that lasts."""

import asyncio

from admission_webhook.certificates.issue import CertificateFiles
from tests.admission_webhook.process import webhook_process

WARM_UP = 500
ABORTED = 2000
# The event loop of CPython 3.11.7 itself grows by 298 MB over the same number, uvloop by 1.2 MB.
ALLOWED_GROWTH_BYTES = 16 * 1024 * 1024


async def test_2000_aborted_handshakes_do_not_grow_the_process(certificates: CertificateFiles) -> None:
    async with webhook_process(certificates, "--no-cluster") as webhook:

        async def abort(number: int) -> None:
            _, writer = await asyncio.open_connection("127.0.0.1", webhook.port)
            if number % 2:
                writer.write(b"GET / HTTP/1.1\r\n\r\n")
                await writer.drain()
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)

        async def abort_many(count: int) -> None:
            for start in range(0, count, 50):
                await asyncio.gather(*(abort(number) for number in range(start, start + 50)))

        await abort_many(WARM_UP)
        before = webhook.resident_bytes()
        await abort_many(ABORTED)
        assert webhook.resident_bytes() - before < ALLOWED_GROWTH_BYTES
