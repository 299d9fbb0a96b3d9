"""A small client of Backstage's REST API: what a browser does when a developer fills in a template's form."""

import base64
import http.client
import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import yaml

_ENDED = frozenset({"completed", "failed", "cancelled", "skipped"})
_POLL_SECONDS = 0.02
_TERMINAL_COLOUR = re.compile(r"\x1b\[\d+m")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer over HTTP.

    Attributes:
        status: Status code.
        reason: Reason phrase.
        body: The decoded JSON; the text where it is not JSON.
    """

    status: int
    reason: str
    body: Any


@dataclass(frozen=True, slots=True)
class TaskRun:
    """A task that has ended.

    Attributes:
        status: ``completed``, ``failed``, ``cancelled`` or ``skipped``.
        steps: What became of each step that was begun: step id to status.
        log: The lines a user sees, in order.
        output: The output of the template, empty when the task failed.
        error: The message the task failed with, None when it did not.
    """

    status: str
    steps: dict[str, str]
    log: list[str]
    output: dict[str, Any]
    error: str | None


@dataclass(frozen=True, slots=True)
class Backstage:
    """A running Backstage, seen by a signed-in user.

    Attributes:
        url: Root of the backend, without a trailing slash.
        token: The user's token.
    """

    url: str
    token: str = field(repr=False)

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """Make a call as the user; ``path`` starts with ``/api``."""
        return request(self.url, method, path, body, {"Authorization": f"Bearer {self.token}"} | (headers or {}))

    def actions(self) -> dict[str, dict[str, Any]]:
        """Return the installed actions by id, as the portal's page of installed actions shows them."""
        return {action["id"]: action for action in self._expect(200, "GET", "/api/scaffolder/v2/actions")}

    def wait_for_entity(self, kind: str, name: str, timeout_seconds: float = 60) -> dict[str, Any]:
        """Return an entity of the default namespace as soon as the catalogue has it."""
        path = f"/api/catalog/entities/by-name/{kind}/default/{quote(name)}"
        deadline = time.monotonic() + timeout_seconds
        while (reply := self.call("GET", path)).status != 200:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the catalogue does not know {kind} {name}: {reply}")
            time.sleep(_POLL_SECONDS)
        entity: dict[str, Any] = reply.body
        return entity

    def create_task(self, template: str, values: dict[str, Any]) -> Reply:
        """Submit a form: 201 with the task's id, or 400 with an error for each field."""
        body = {"templateRef": f"template:default/{template}", "values": values}
        return self.call("POST", "/api/scaffolder/v2/tasks", body)

    def run(self, template: str, values: dict[str, Any], timeout_seconds: float = 120) -> TaskRun:
        """Submit a form that is accepted and wait for the task's end."""
        created = self.create_task(template, values)
        if created.status != 201:
            raise AssertionError(f"the form was refused: {created}")
        return self.wait_for_task(created.body["id"], timeout_seconds)

    def wait_for_task(self, task: str, timeout_seconds: float = 120) -> TaskRun:
        """Wait for a task's end."""
        deadline = time.monotonic() + timeout_seconds
        path = f"/api/scaffolder/v2/tasks/{task}"
        while (status := self._expect(200, "GET", path)["status"]) not in _ENDED:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the task is still {status}")
            time.sleep(_POLL_SECONDS)
        return _task_run(status, self._expect(200, "GET", f"{path}/events"))

    def dry_run(self, template_directory: Path, values: dict[str, Any]) -> Reply:
        """Dry-run a template from its folder, as the portal's template editor does."""
        files = [path for path in sorted(template_directory.rglob("*")) if path.is_file()]
        body = {
            "template": yaml.safe_load((template_directory / "template.yaml").read_text(encoding="utf-8")),
            "values": values,
            "secrets": {},
            "directoryContents": [
                {
                    "path": path.relative_to(template_directory).as_posix(),
                    "base64Content": base64.b64encode(path.read_bytes()).decode(),
                }
                for path in files
            ],
        }
        return self.call("POST", "/api/scaffolder/v2/dry-run", body)

    def agent_call(self, method: str, parameters: dict[str, Any]) -> Any:
        """Make a call of the Model Context Protocol, as an agent would, and return its result."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        headers = {"Accept": "application/json, text/event-stream"}
        reply = self.call("POST", "/api/mcp-actions/v1", body, headers)
        if reply.status != 200:
            raise AssertionError(f"{method}: {reply}")
        [data] = [line.removeprefix("data: ") for line in reply.body.splitlines() if line.startswith("data: ")]
        return json.loads(data)["result"]

    def _expect(self, status: int, method: str, path: str) -> Any:
        reply = self.call(method, path)
        if reply.status != status:
            raise AssertionError(f"{method} {path}: {reply}")
        return reply.body


def sign_in(url: str) -> Backstage:
    """Sign in as the guest."""
    reply = request(url, "GET", "/api/auth/guest/refresh")
    return Backstage(url, reply.body["backstageIdentity"]["token"])


def request(url: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
    """Make one HTTP call with a JSON body, if there is one."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
    try:
        content = None if body is None else json.dumps(body).encode()
        content_type = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, path, content, content_type | (headers or {}))
        response = connection.getresponse()
        text = response.read().decode()
    finally:
        connection.close()
    return Reply(response.status, response.reason, _decoded(text))


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _task_run(status: str, events: list[dict[str, Any]]) -> TaskRun:
    bodies = [event["body"] for event in events]
    end: dict[str, Any] = next((event["body"] for event in events if event["type"] == "completion"), {})
    return TaskRun(
        status=status,
        steps={body["stepId"]: body["status"] for body in bodies if "stepId" in body and "status" in body},
        log=[_TERMINAL_COLOUR.sub("", body["message"]) for body in bodies],
        output=end.get("output") or {},
        error=(end.get("error") or {}).get("message"),
    )
