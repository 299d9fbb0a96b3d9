"""The cluster in memory: listed, watched, and caught up with after everything that can interrupt it."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from admission_webhook.cluster_view.informer import Pace, informers
from admission_webhook.cluster_view.resources import WATCHED_RESOURCES
from admission_webhook.cluster_view.view import ClusterView
from admission_webhook.metrics import WebhookMetrics, create_metrics
from admission_webhook.service import in_background
from admission_webhook.structured_log import StructuredLog
from tests.admission_webhook.scripted_api_server import Resource, ScriptedApiServer, scripted_api_server

RUNTIMES = "/apis/serving.kserve.io/v1alpha1/servingruntimes"
LLM_SERVICES = "/apis/serving.kserve.io/{}/llminferenceservices"
NODES = "/api/v1/nodes"
FAST = Pace(first_retry_seconds=0.01, longest_retry_seconds=0.02, missing_seconds=0.05, watch_seconds=(5, 5))


@dataclass(frozen=True, slots=True)
class Watched:
    """A view that is kept up to date from a scripted API server."""

    server: ScriptedApiServer
    view: ClusterView
    metrics: WebhookMetrics

    def names(self, kind: str = "ServingRuntime", namespace: str = "team-a") -> list[str]:
        return sorted(manifest.name for manifest in self.view.objects(kind, namespace))


@asynccontextmanager
async def watched(
    resources: dict[str, Resource], read_token: Callable[[object], None] | None = None
) -> AsyncIterator[Watched]:
    metrics, log = create_metrics(), StructuredLog(io.StringIO())
    view = ClusterView(metrics)
    async with scripted_api_server(read_token) as (server, connection):
        server.resources = dict(resources)
        work = [informer.run() for informer in informers(connection, view, metrics, log, FAST)]
        async with in_background(log, *work):
            yield Watched(server, view, metrics)


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the view offers readers no event to wait for, only its state
            await asyncio.sleep(0.005)


def runtime(name: str, version: str = "100", **metadata: object) -> dict[str, Any]:
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ServingRuntime",
        "metadata": {"name": name, "namespace": "team-a", "resourceVersion": version, **metadata},
        "spec": {"containers": [{"name": "kserve-container"}]},
    }


def node(name: str, heartbeat: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "resourceVersion": heartbeat, "labels": {"nvidia.com/gpu.product": "NVIDIA-L4"}},
        "spec": {},
        "status": {"allocatable": {"nvidia.com/gpu": "1"}, "conditions": [{"lastHeartbeatTime": heartbeat}]},
    }


async def test_a_list_of_several_pages_is_taken_whole() -> None:
    async with watched(
        {RUNTIMES: Resource(pages=[[runtime("one"), runtime("two")], [runtime("three")]])}
    ) as cluster:
        await eventually(lambda: cluster.names() == ["one", "three", "two"])


async def test_events_add_change_and_remove_objects() -> None:
    resource = Resource(pages=[[runtime("kept"), runtime("dropped")]])
    async with watched({RUNTIMES: resource}) as cluster:
        resource.send("ADDED", runtime("added", "101"))
        resource.send("DELETED", runtime("dropped", "102"))
        resource.send("MODIFIED", runtime("kept", "103", labels={"changed": "yes"}))
        await eventually(lambda: cluster.names() == ["added", "kept"])
        await eventually(
            lambda: (
                {"changed": "yes"}
                in [dict(each.labels) for each in cluster.view.objects("ServingRuntime", "team-a")]
            )
        )


async def test_a_watch_that_ends_goes_on_from_the_last_bookmark_without_a_list() -> None:
    resource = Resource(pages=[[runtime("one")]])
    async with watched({RUNTIMES: resource}):
        resource.send("BOOKMARK", {"kind": "ServingRuntime", "metadata": {"resourceVersion": "250"}})
        resource.end_watch()
        await eventually(lambda: resource.watched_from == ["100", "250"])
        assert resource.lists == 1


@pytest.mark.parametrize("how", ["status", "event"])
async def test_a_watch_that_expired_is_listed_again(how: str) -> None:
    resource = Resource(pages=[[runtime("one")]])
    async with watched({RUNTIMES: resource}) as cluster:
        await eventually(lambda: cluster.names() == ["one"])
        resource.pages, resource.resource_version = [[runtime("two")]], "300"
        if how == "status":
            resource.watch_status = 410
            resource.end_watch()
        else:
            resource.send("ERROR", {"kind": "Status", "code": 410, "reason": "Expired"})
        await eventually(lambda: cluster.names() == ["two"])
        await eventually(lambda: resource.watched_from[-1] == "300")
        assert resource.lists == 2


@pytest.mark.parametrize("line", [b"<html>\n", b"[]\n", b'{"type":"ADDED"}\n', b'{"type":"ADDED","object":null}\n'])
async def test_a_stream_that_makes_no_sense_is_listed_again(line: bytes) -> None:
    resource = Resource(pages=[[runtime("one")]])
    async with watched({RUNTIMES: resource}) as cluster:
        await eventually(lambda: cluster.names() == ["one"])
        resource.pages = [[runtime("two")]]
        resource.send_raw(line)
        await eventually(lambda: cluster.names() == ["two"])


async def test_an_object_larger_than_the_read_buffer_arrives_whole() -> None:
    resource = Resource()
    async with watched({RUNTIMES: resource}) as cluster:
        resource.send("ADDED", runtime("big", "101", annotations={"big": "x" * 3_000_000}))
        await eventually(lambda: cluster.names() == ["big"])


async def test_a_kind_that_is_not_installed_is_empty_and_looked_for_again() -> None:
    async with watched({}) as cluster:
        await eventually(lambda: cluster.view.unsynced() == ())
        cluster.server.resources[RUNTIMES] = Resource(pages=[[runtime("late")]])
        await eventually(lambda: cluster.names() == ["late"])


async def test_a_kind_that_is_removed_is_forgotten() -> None:
    resource = Resource(pages=[[runtime("one")]])
    async with watched({RUNTIMES: resource}) as cluster:
        await eventually(lambda: cluster.names() == ["one"])
        del cluster.server.resources[RUNTIMES]
        resource.end_watch()
        await eventually(lambda: cluster.names() == [])


@pytest.mark.parametrize("version", ["v1alpha1", "v1alpha2"])
async def test_the_newest_version_that_the_cluster_serves_is_read(version: str) -> None:
    body = {"metadata": {"name": "one", "namespace": "team-a"}, "spec": {}}
    async with watched({LLM_SERVICES.format(version): Resource(pages=[[body]])}) as cluster:
        await eventually(lambda: cluster.names("LLMInferenceService") == ["one"])
        [manifest] = cluster.view.objects("LLMInferenceService", "team-a")
        assert (manifest.api_version, manifest.body["kind"]) == (
            f"serving.kserve.io/{version}",
            "LLMInferenceService",
        )


async def test_what_may_not_be_listed_keeps_the_view_unsynced_and_says_why() -> None:
    async with watched({RUNTIMES: Resource(status=403)}) as cluster:
        await eventually(lambda: cluster.view.unsynced() == ("cluster view: servingruntimes: HTTP 403 Forbidden",))
        cluster.server.resources[RUNTIMES].status = 200
        await eventually(lambda: cluster.view.unsynced() == ())


async def test_what_was_known_stays_known_while_the_api_server_fails() -> None:
    resource = Resource(pages=[[runtime("one")]])
    async with watched({RUNTIMES: resource}) as cluster:
        await eventually(lambda: cluster.names() == ["one"])
        resource.status, resource.watch_status = 500, 410
        resource.end_watch()
        await eventually(lambda: resource.lists >= 3)
        assert cluster.names() == ["one"]
        assert cluster.view.unsynced() == ()


async def test_credentials_that_cannot_be_read_for_a_moment_stop_nothing() -> None:
    class UnreadableTokenError(Exception):
        """What the client raises is no network error."""

    attempts = 0

    def read_token(_configuration: object) -> None:
        nonlocal attempts
        attempts += 1
        if attempts <= 2 * len(WATCHED_RESOURCES):
            raise UnreadableTokenError

    async with watched({RUNTIMES: Resource(pages=[[runtime("one")]])}, read_token) as cluster:
        await eventually(lambda: cluster.names() == ["one"])


async def test_a_heartbeat_of_a_node_changes_nothing_that_is_kept() -> None:
    resource = Resource(pages=[[node("gpu-1", "100")]])
    async with watched({NODES: resource}) as cluster:
        await eventually(lambda: cluster.view.unsynced() == ())
        before = cluster.view.generation("")
        resource.send("MODIFIED", node("gpu-1", "101"))
        resource.send("BOOKMARK", {"kind": "Node", "metadata": {"resourceVersion": "102"}})
        resource.end_watch()
        await eventually(lambda: resource.watched_from[-1:] == ["102"])
        assert cluster.view.generation("") == before


async def test_no_status_and_no_bookkeeping_is_kept() -> None:
    body = runtime(
        "one",
        managedFields=[{"manager": "kubectl"}],
        annotations={"kubectl.kubernetes.io/last-applied-configuration": "{}", "note": "kept"},
    ) | {"status": {"conditions": []}}
    async with watched({RUNTIMES: Resource(pages=[[body]])}) as cluster:
        await eventually(lambda: cluster.names() == ["one"])
        [manifest] = cluster.view.objects("ServingRuntime", "team-a")
    assert manifest.body["metadata"] == {"name": "one", "namespace": "team-a", "annotations": {"note": "kept"}}
    assert "status" not in manifest.body


def test_every_watched_resource_is_named_once() -> None:
    assert len({resource.plural for resource in WATCHED_RESOURCES}) == len(WATCHED_RESOURCES)
