"""`make run`: one model from its configuration to an admission decision, on this machine, without a cluster.

Starts both services as they run in a cluster, walks Gemma 4 26B-A4B through them over HTTP and TLS, prints what
happened in words, and keeps serving until interrupted.
"""

import argparse
import asyncio
import contextlib
import copy
import json
import signal
import ssl
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import uvloop
import yaml
from rich.console import Console

from deploy.local.services import LocalServices, ServiceFailedError, local_services

MODEL = "google/gemma-4-26B-A4B"
ENDPOINT = {
    "name": "gemma",
    "model": MODEL,
    "owner": "search",
    "costCenter": "cc-1234",
    "environment": "development",
    "contextLength": 32768,
    "concurrency": 16,
}
BILLION = 1_000_000_000
GIBIBYTE = 1 << 30
VIRTUAL_ENVIRONMENT = Path(".venv") / "bin"
# Three does not divide the model's sixteen attention heads, so the engine would end at start-up.
BROKEN_TENSOR_PARALLEL_SIZE = 3


class Walkthrough:
    """The walk, with the services it talks to and the console it talks on."""

    def __init__(self, services: LocalServices, session: aiohttp.ClientSession, directory: Path) -> None:
        self._services = services
        self._session = session
        self._directory = directory
        self._console = Console(highlight=False, soft_wrap=True)

    async def walk(self) -> bool:
        """Run every step; return whether the endpoint was admitted and its broken twin denied."""
        await self._inspect()
        files = await self._render()
        service = yaml.safe_load(files["inference-service.yaml"])
        admitted = await self._review(
            "4. Admission of the InferenceService, over TLS, as the API server asks", service
        )
        denied = await self._review(
            f"5. Its broken twin: the same object with --tensor-parallel-size={BROKEN_TENSOR_PARALLEL_SIZE}",
            broken_twin(service),
        )
        self._write_review("admitted.json", service)
        self._write_review("denied.json", broken_twin(service))
        self._print_curl_lines()
        return admitted and not denied

    async def _act(self, action: str, body: Mapping[str, object]) -> dict[str, Any]:
        async with self._session.post(f"{self._services.actions_url}/v1/actions/{action}", json=body) as response:
            answer = await response.json()
            if response.status != 200:
                raise ServiceFailedError(f"{action}: {answer['error']['message']}")
            return dict(answer)

    async def _inspect(self) -> None:
        self._title(f"1. What is {MODEL}?", "inspect-model reads the model's config.json")
        model = await self._act("inspect-model", {"model": MODEL})
        total, active = model["total_parameters"], model["active_parameters"]
        self._say(
            f"A Mixture-of-Experts: {model['routed_experts']} routed experts, of which each token uses "
            f"{model['experts_per_token']}."
        )
        self._say(
            f"{total / BILLION:.2f} billion parameters must be in memory; {active / BILLION:.2f} billion compute "
            "one token (embeddings counted)."
        )
        self._say("Kubernetes sees none of this: to it, the model is a number of GPUs.")

    async def _render(self) -> dict[str, str]:
        asked = f"{ENDPOINT['contextLength']} tokens of context, {ENDPOINT['concurrency']} requests at once"
        self._title(f"2. How should it be served? Asked: {asked}", "plan-serving chooses; nobody asks for GPUs")
        answer = await self._act("render-endpoint", ENDPOINT)
        self._print_plan(answer["plan"])
        self._title("3. The endpoint's files", "render-endpoint; they go into a pull request")
        folder = self._directory / "endpoint"
        folder.mkdir(exist_ok=True)
        files = {file["path"]: file["content"] for file in answer["files"]}
        for path, content in files.items():
            (folder / path).write_text(content, encoding="utf-8")
            self._say(f"{folder / path}")
        return files

    def _print_plan(self, plan: Mapping[str, Any]) -> None:
        memory = plan["memory"]
        weights, overhead, cache, usable = (
            f"{memory[part] / GIBIBYTE:.1f} GiB"
            for part in ("weightsBytes", "overheadBytes", "kvCacheBytes", "usableBytes")
        )
        self._say(f"accelerator  {plan['acceleratorsPerReplica']} x {plan['accelerator']} per replica")
        self._say(f"engine       {plan['image']} {' '.join(plan['arguments'])}")
        self._say(f"replicas     {plan['minimumReplicas']} to {plan['maximumReplicas']}")
        self._say(f"memory       {weights} weights + {overhead} overhead + {cache} KV cache of {usable} usable")
        for reason in plan["reasons"]:
            self._say(f"- {reason}")

    async def _review(self, title: str, manifest: Mapping[str, Any]) -> bool:
        self._title(title, "the validating webhook answers")
        context = ssl.create_default_context(cafile=str(self._services.certificate_authority))
        async with self._session.post(
            self._services.webhook_url, json=admission_review(manifest), ssl=context
        ) as response:
            answer = (await response.json())["response"]
        for warning in answer.get("warnings", ()):
            self._say(f"Warning: {warning}")
        if answer["allowed"]:
            self._say("admitted")
            return True
        name = manifest["metadata"]["name"]
        self._say(f'denied: The {manifest["kind"]} "{name}" is invalid:')
        for cause in answer["status"]["details"]["causes"]:
            self._say(f"* {cause['field']}: {cause['message']}")
        return False

    def _write_review(self, name: str, manifest: Mapping[str, Any]) -> None:
        text = json.dumps(admission_review(manifest), indent=2)
        (self._directory / name).write_text(text, encoding="utf-8")

    def _print_curl_lines(self) -> None:
        actions, webhook = self._services.actions_url, self._services.webhook_url
        json_header = "-H 'content-type: application/json'"
        self._title("Try it yourself", "both services keep running until you press Ctrl-C")
        plan_input = json.dumps({"model": "Qwen/Qwen3-30B-A3B", "contextLength": 16384, "concurrency": 32})
        inspect_input = json.dumps({"model": "openai/gpt-oss-120b"})
        authority, directory = self._services.certificate_authority, self._directory
        lines = (
            f"curl -s {actions}/v1/actions/inspect-model {json_header} -d '{inspect_input}'",
            f"curl -s {actions}/v1/actions/plan-serving {json_header} -d '{plan_input}'",
            f"curl -s --cacert {authority} {webhook} {json_header} -d @{directory / 'denied.json'}",
            f"{VIRTUAL_ENVIRONMENT / 'neuroscale'} check {directory / 'endpoint' / 'inference-service.yaml'}",
        )
        for line in lines:
            self._console.print(f"   {line}", markup=False)
        self._console.print(f"   {actions}/docs explains every action.", markup=False)

    def _title(self, title: str, subtitle: str) -> None:
        self._console.print()
        self._console.print(title, style="bold", markup=False)
        self._console.print(f"   ({subtitle})", style="dim", markup=False)

    def _say(self, text: str) -> None:
        self._console.print(f"   {text}", markup=False)


def broken_twin(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return the InferenceService with a tensor parallel size that its model's heads cannot be split by."""
    twin = copy.deepcopy(dict(service))
    container = twin["spec"]["predictor"]["containers"][0]
    kept = [argument for argument in container["args"] if not argument.startswith("--tensor-parallel-size")]
    container["args"] = [*kept, f"--tensor-parallel-size={BROKEN_TENSOR_PARALLEL_SIZE}"]
    for amounts in container["resources"].values():
        amounts.update({name: BROKEN_TENSOR_PARALLEL_SIZE for name in amounts if "/" in name})
    return twin


def admission_review(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the review an API server sends when the object is created."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    kind = {"group": group, "version": version, "kind": manifest["kind"]}
    resource = {"group": group, "version": version, "resource": f"{manifest['kind'].lower()}s"}
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": str(uuid.uuid4()),
            "kind": kind,
            "resource": resource,
            "requestKind": kind,
            "requestResource": resource,
            "name": manifest["metadata"]["name"],
            "namespace": manifest["metadata"].get("namespace", "default"),
            "operation": "CREATE",
            "userInfo": {"username": "walkthrough"},
            "object": manifest,
            "oldObject": None,
            "dryRun": False,
        },
    }


async def run(directory: Path, *, keep_serving: bool) -> int:
    """Start the services, walk, and serve until interrupted; return the exit code."""
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    print("Starting the actions service and the admission webhook ...", flush=True)
    async with (
        local_services(directory) as services,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
    ):
        as_expected = await Walkthrough(services, session, directory).walk()
        if not as_expected:
            print("\nThe walk did not end as it should: see the answers above.", file=sys.stderr)
            return 1
        sys.stdout.flush()
        if keep_serving:
            await interrupted.wait()
    return 0


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--directory", type=Path, default=Path(".neuroscale"), help="where keys, logs and files go")
    parser.add_argument("--once", action="store_true", help="stop after the walk instead of serving on")
    arguments = parser.parse_args()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            sys.exit(uvloop.run(run(arguments.directory, keep_serving=not arguments.once)))
    except ServiceFailedError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
