"""`python -m tests.bench.webhook_latency`: what a review costs, beside a handler that only echoes the uid.

Both handlers are served by the same stack (uvloop, aiohttp, TLS 1.3, HTTP/1.1 keep-alive), each in a process of its
own; the client speaks to both in the same run over connections that stay open. Rounds alternate, and the side that
goes first alternates too, so that neither warm caches nor a busy machine favour one side. The ratio of the two is
what the machine changes least; the milliseconds are what this machine shows. The load is closed: a client sends its
next review when it has the answer to the last, so the figures are latency, not capacity.

The review is the one in tests/admission_webhook/fixtures: an 8 KB CREATE of an InferenceService that runs Mixtral
on vLLM, as an API server sends it.
"""

import argparse
import asyncio
import contextlib
import json
import platform
import ssl
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import uvloop
from rich.console import Console
from rich.table import Table

from admission_webhook.certificates.issue import CertificateFiles, current_time, write_development_certificates
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.rules.judge import judge
from neuroscale.rules.subject import ClusterFacts

REVIEW_FILE = Path(__file__).parents[1] / "admission_webhook" / "fixtures" / "create-inference-service.json"
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, */*"}


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        rounds: Rounds per side and concurrency.
        reviews: Reviews per round.
        warm_up: Reviews per side before anything is measured.
    """

    rounds: int
    reviews: int
    warm_up: int


@dataclass(slots=True)
class Sample:
    """Latencies of one side at one concurrency, in seconds."""

    seconds: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """Return the smallest latency that at least this share of the calls did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Side:
    """One server under measurement."""

    name: str
    url: str


async def measure(plan: Plan, concurrencies: tuple[int, ...]) -> dict[tuple[str, int], Sample]:
    """Measure both sides at each number of clients."""
    content = json.dumps(json.loads(REVIEW_FILE.read_text(encoding="utf-8")), separators=(",", ":")).encode()
    samples: dict[tuple[str, int], Sample] = {}
    with tempfile.TemporaryDirectory() as directory:
        certificates = write_development_certificates(
            Path(directory), ["localhost"], [ip_address("127.0.0.1")], current_time()
        )
        trust = ssl.create_default_context(cafile=str(certificates.authority))
        async with contextlib.AsyncExitStack() as stack:
            webhook = await stack.enter_async_context(_process(certificates, "admission_webhook", "--no-cluster"))
            echo = await stack.enter_async_context(_process(certificates, "tests.bench.webhook_echo"))
            connector = aiohttp.TCPConnector(ssl=trust, limit=0)
            client = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
            sides = (Side("echo", echo), Side("webhook", webhook))
            for concurrency in concurrencies:
                for side in sides:
                    await _round(client, side, content, concurrency, plan.warm_up)
                for number in range(plan.rounds):
                    for side in sides if number % 2 else reversed(sides):
                        sample = samples.setdefault((side.name, concurrency), Sample())
                        sample.seconds += await _round(client, side, content, concurrency, plan.reviews)
    return samples


def judge_seconds(repetitions: int) -> Sample:
    """Return how long the rules take for the object of the review, without any server."""
    manifest = manifest_from_mapping(json.loads(REVIEW_FILE.read_text(encoding="utf-8"))["request"]["object"])
    facts, sample = ClusterFacts(models=load_catalogue()), Sample()
    for _ in range(repetitions // 10):
        judge((manifest,), facts)
    for _ in range(repetitions):
        started = time.perf_counter()
        judge((manifest,), facts)
        sample.seconds.append(time.perf_counter() - started)
    return sample


async def _round(
    client: aiohttp.ClientSession, side: Side, content: bytes, concurrency: int, reviews: int
) -> list[float]:
    latencies: list[float] = []

    async def caller() -> None:
        for _ in range(max(1, reviews // concurrency)):
            started = time.perf_counter()
            async with client.post(side.url, data=content, headers=HEADERS) as response:
                answer = await response.read()
            latencies.append(time.perf_counter() - started)
            if response.status != 200 or b'"allowed":true' not in answer:
                raise RuntimeError(f"{side.name} answered {response.status}: {answer[:200]!r}")

    await asyncio.gather(*(caller() for _ in range(concurrency)))
    return latencies


@contextlib.asynccontextmanager
async def _process(certificates: CertificateFiles, module: str, *arguments: str) -> AsyncIterator[str]:
    # The log goes to a file, as a container runtime takes it: reading it here would be work of the client.
    log_file = certificates.key.with_name(f"{module}.log")
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, "--port", "0", "--health-port", "0", "--drain-seconds", "0",
            "--certificate", str(certificates.certificate), "--key", str(certificates.key), *arguments,
            stderr=log,
        )  # fmt: skip
    try:
        port = await _listening_port(process, log_file)
        yield f"https://127.0.0.1:{port}/validate?timeout=10s"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _listening_port(process: asyncio.subprocess.Process, log_file: Path) -> int:
    while process.returncode is None:
        port = _announced_port(log_file)
        if port is not None:
            return port
        await asyncio.sleep(0.05)
    raise RuntimeError(f"the server ended with {process.returncode}")


def _announced_port(log_file: Path) -> int | None:
    for line in log_file.read_text(encoding="utf-8").splitlines():
        if '"event":"listening"' in line:
            return int(json.loads(line)["port"])
    return None


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


def print_tables(samples: dict[tuple[str, int], Sample], judged: Sample) -> None:
    """Print latencies with their ratio, and the time of the rules alone."""
    console = Console(width=100)
    version = f"{platform.python_implementation()} {platform.python_version()}"
    table = Table(title=f"One review of 8 KB over TLS, closed loop ({version}, {platform.machine()})")
    for column in ("clients", "quantile", "echo", "webhook", "webhook / echo", "reviews"):
        table.add_column(column, justify="right")
    for concurrency in sorted({key[1] for key in samples}):
        echo, webhook = samples["echo", concurrency], samples["webhook", concurrency]
        for label, share in (("p50", 0.5), ("p99", 0.99)):
            table.add_row(
                str(concurrency),
                label,
                _milliseconds(echo.quantile(share)),
                _milliseconds(webhook.quantile(share)),
                f"{webhook.quantile(share) / echo.quantile(share):.2f}",
                str(len(webhook.seconds)),
            )
    console.print(table)
    console.print(
        f"rules alone, the same object: p50 {_milliseconds(judged.quantile(0.5))}, "
        f"p99 {_milliseconds(judged.quantile(0.99))} over {len(judged.seconds)} judgements"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.webhook_latency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="rounds per side and number of clients")
    parser.add_argument("--reviews", type=int, default=500, help="reviews per round")
    parser.add_argument("--warm-up", type=int, default=500, help="reviews per side before measuring")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8], help="clients at once")
    options = parser.parse_args()
    plan = Plan(rounds=options.rounds, reviews=options.reviews, warm_up=options.warm_up)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        samples = runner.run(measure(plan, tuple(options.clients)))
    print_tables(samples, judge_seconds(2000))


if __name__ == "__main__":
    main()
