"""The answers that the guide shows are the answers that the service gives."""

import json
import re
from typing import Any

from tests.actions_service.guide import step_with
from tests.actions_service.serving import Client, json_of
from tests.documentation.console import ConsoleStep


async def asked(client: Client, step: ConsoleStep) -> tuple[int, str, Any]:
    """Send what the command sends and return status, reason phrase and body."""
    path = re.search(r"http://127\.0\.0\.1:8080(\S+)", step.command)
    body = re.search(r"-d '(\{.*?\})'", step.command, flags=re.DOTALL)
    assert path is not None
    assert body is not None
    response = await client.post(path[1], json=json.loads(body[1]))
    return response.status, str(response.reason), await json_of(response)


async def test_the_inspection(client: Client) -> None:
    step = step_with("inspect-model")
    _, _, answer = await asked(client, step)
    shown = json.loads("\n".join(step.output))
    assert shown == {name: answer[name] for name in shown}


async def test_what_the_model_takes(client: Client) -> None:
    step = step_with("deepseek-ai/DeepSeek-V3.2")
    _, _, answer = await asked(client, step)
    assert list(step.output) == answer["summary"].rstrip("\n").splitlines()


async def test_the_plan_and_what_was_refused(client: Client) -> None:
    step = step_with("plan-serving")
    _, _, answer = await asked(client, step)
    assert list(step.output) == answer["summary"].rstrip("\n").splitlines()
    assert json.loads("\n".join(step_with(".refused[0]").output)) == answer["refused"][0]


async def test_the_files(client: Client) -> None:
    _, _, answer = await asked(client, step_with("render-endpoint"))
    assert list(step_with(".files[].path").output) == [file["path"] for file in answer["files"]]


async def test_the_errors_of_both_faces(client: Client) -> None:
    for step in (step_with('gemma-4-26B"'), step_with("neuroscale%3Aplan-serving")):
        status, reason, answer = await asked(client, step)
        shown = json.loads(step.output[-1])
        shown["error"].pop("requestId")
        answer["error"].pop("requestId")
        assert step.output[0] == f"HTTP/1.1 {status} {reason}"
        assert answer == shown
