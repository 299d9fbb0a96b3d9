"""The guide names everything that a caller or an operator meets."""

from pathlib import Path

from actions_service.actions import ACTIONS
from actions_service.command import main
from actions_service.failures import Failure
from tests.actions_service.serving import Client

_GUIDE = (Path(__file__).parents[2] / "docs" / "actions.md").read_text(encoding="utf-8")


def test_every_action_is_in_the_guide() -> None:
    for name in ACTIONS:
        assert f"| `{name}` |" in _GUIDE
        assert f"/v1/actions/{name} " in _GUIDE


def test_every_option_and_its_environment_variable_are_in_the_guide() -> None:
    for option in main.params:
        assert f"`{option.opts[0]}`" in _GUIDE
        assert option.name is not None
        assert f"`NEUROSCALE_{option.name.upper()}`" in _GUIDE


def test_every_status_is_in_the_guide() -> None:
    for failure in Failure:
        assert failure is Failure.INTERNAL or f"| {failure.status} |" in _GUIDE


async def test_every_metric_is_in_the_guide(client: Client) -> None:
    await client.post("/v1/actions/inspect-model", json={})
    lines = (await (await client.get("/metrics")).text()).splitlines()
    names = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    for name in names:
        assert name.endswith("_created") or f"`{name}`" in _GUIDE
