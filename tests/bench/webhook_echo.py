"""`python -m tests.bench.webhook_echo`: the webhook's server stack with a handler that only echoes the uid."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

import uvloop
from aiohttp import web

from admission_webhook.certificates.live import LiveCertificate
from admission_webhook.certificates.pair import PairFiles
from admission_webhook.metrics import create_metrics
from admission_webhook.server import listen
from admission_webhook.service import stop_on_signals
from admission_webhook.structured_log import StructuredLog


async def echo(request: web.Request) -> web.Response:
    """Answer a review with its uid and nothing else."""
    review = json.loads(await request.read())
    answer = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": review["request"]["uid"], "allowed": True},
    }
    return web.Response(body=json.dumps(answer, separators=(",", ":")).encode(), content_type="application/json")


async def serve(certificate: Path, key: Path, port: int) -> None:
    """Serve until a signal comes."""
    stop, log = stop_on_signals(), StructuredLog(sys.stderr)
    live = LiveCertificate(PairFiles(certificate, key), (), create_metrics(), log)
    application = web.Application()
    application.router.add_post("/validate", echo)
    listener = await listen(application, "127.0.0.1", port, live.context)
    log.info("listening", port=listener.port)
    await stop.wait()
    await listener.runner.cleanup()


def main() -> None:
    """Read the options that the webhook shares with this server and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.webhook_echo")
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    options, _ = parser.parse_known_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.certificate, options.key, options.port))


if __name__ == "__main__":
    main()
