"""The page about the webhook names every option, metric, status and kind that there is."""

from pathlib import Path

import pytest

from admission_webhook.__main__ import main
from admission_webhook.cluster_view.resources import WATCHED_RESOURCES
from admission_webhook.judgement import JUDGED_KINDS
from admission_webhook.metrics import create_metrics

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "admission.md").read_text(encoding="utf-8")
METRICS = sorted(
    {family.name + ("_total" if family.type == "counter" else "") for family in create_metrics().registry.collect()}
)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_named(metric: str) -> None:
    assert f"`{metric.removeprefix('neuroscale_webhook_')}`" in PAGE


@pytest.mark.parametrize(("group", "kind"), sorted(JUDGED_KINDS))
def test_every_judged_kind_is_named(group: str, kind: str) -> None:
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{group}` |")]
    assert kind in row


@pytest.mark.parametrize("resource", [resource.plural for resource in WATCHED_RESOURCES])
def test_every_watched_resource_is_named(resource: str) -> None:
    assert f"`{resource}`" in PAGE


def test_every_option_has_help_and_a_variable() -> None:
    for option in main.params:
        assert getattr(option, "help", None), option.name
        assert getattr(option, "show_envvar", False), option.name
