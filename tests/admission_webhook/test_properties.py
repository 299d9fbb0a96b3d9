"""Whatever arrives: never a refusal that no rule decided, and never a 200 that the API server could not read."""

import asyncio
import copy
import http.client
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from admission_webhook import warm_up
from admission_webhook.certificates.issue import CertificateFiles
from neuroscale.rules.judge import judge
from neuroscale.rules.registry import all_rules
from tests.admission_webhook.serving import (
    FIXTURES,
    JSON,
    ServedWebhook,
    read_review,
    review_of,
    served_webhook,
    trust,
)

REVIEW = read_review("create-inference-service.json")
BODIES = [
    document
    for file in (*sorted((FIXTURES / "cluster").glob("*.yaml")), Path(warm_up.__file__).with_suffix(".yaml"))
    for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
]
RULES = {rule.identifier for rule in all_rules()}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=4),
    max_leaves=20,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every value below a JSON value."""
    children: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    return [path, *(place for step, child in children for place in places(child, (*path, step)))]


@st.composite
def damaged_reviews(draw: st.DrawFn) -> dict[str, Any]:
    """A review of an object of any judged kind in which a few values are replaced by anything at all."""
    review = review_of(draw(st.sampled_from(BODIES)), draw(st.sampled_from(["CREATE", "UPDATE"])))
    body = review["request"]["object"]
    if review["request"]["operation"] == "UPDATE":
        review["request"]["oldObject"] = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([place for place in places(body) if place]))
        parent = body
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = draw(json_values)
    return review


class Caller:
    """A blocking client on one connection, for properties that run in a thread beside the server."""

    def __init__(self, webhook: ServedWebhook) -> None:
        self._context: ssl.SSLContext = trust(webhook.authority)
        self._port = webhook.service.reviews.port
        self._connection: http.client.HTTPSConnection | None = None

    def send(self, body: bytes) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                "127.0.0.1", self._port, context=self._context, timeout=30
            )
        self._connection.request("POST", "/validate?timeout=10s", body, JSON)
        response = self._connection.getresponse()
        return response.status, response.read()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def check_answer(status: int, content: bytes) -> dict[str, Any]:
    """Assert what holds for every answer, and return its `response`, empty when there is no verdict."""
    if status != 200:
        assert status in {400, 413}, content
        assert content == b"the request is not a readable admission review"
        return {}
    answer = json.loads(content)
    assert set(answer) == {"apiVersion", "kind", "response"}
    assert (answer["apiVersion"], answer["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    response: dict[str, Any] = answer["response"]
    assert isinstance(response["uid"], str)
    assert isinstance(response["allowed"], bool)
    assert not {"patch", "patchType"} & set(response)
    return response


async def in_a_thread(certificates: CertificateFiles, property_of: Callable[[Caller], None]) -> None:
    async with served_webhook(certificates, judge) as webhook:
        caller = Caller(webhook)
        try:
            await asyncio.to_thread(property_of, caller)
        finally:
            caller.close()


async def test_no_json_at_all_is_refused_or_answered_wrongly(certificates: CertificateFiles) -> None:
    def property_of(caller: Caller) -> None:
        @settings(deadline=None, max_examples=150)
        @given(json_values)
        def check(value: object) -> None:
            assert check_answer(*caller.send(json.dumps(value).encode())) == {}

        check()

    await in_a_thread(certificates, property_of)


async def test_no_bytes_at_all_are_refused_or_answered_wrongly(certificates: CertificateFiles) -> None:
    def property_of(caller: Caller) -> None:
        @settings(deadline=None, max_examples=150)
        @given(st.binary(max_size=200))
        def check(body: bytes) -> None:
            assert check_answer(*caller.send(body)) == {}

        check()

    await in_a_thread(certificates, property_of)


async def test_any_request_in_an_envelope_is_allowed_or_unreadable(certificates: CertificateFiles) -> None:
    def property_of(caller: Caller) -> None:
        @settings(deadline=None, max_examples=150)
        @given(st.dictionaries(st.sampled_from(sorted(REVIEW["request"])), json_values))
        def check(request: dict[str, Any]) -> None:
            body = {**REVIEW, "request": {"uid": "1", "kind": {}, **request}}
            assert check_answer(*caller.send(json.dumps(body).encode())).get("allowed") is not False

        check()

    await in_a_thread(certificates, property_of)


async def test_a_damaged_object_is_judged_by_the_rules_or_passes(certificates: CertificateFiles) -> None:
    def property_of(caller: Caller) -> None:
        @settings(deadline=None, max_examples=300)
        @given(damaged_reviews())
        def check(review: dict[str, Any]) -> None:
            response = check_answer(*caller.send(json.dumps(review).encode()))
            if response:
                assert response["uid"] == REVIEW["request"]["uid"]
            if response.get("allowed") is False:
                status = response["status"]
                assert (status["code"], status["reason"]) == (422, "Invalid")
                assert {cause["message"].split(":")[0] for cause in status["details"]["causes"]} <= RULES

        check()

    await in_a_thread(certificates, property_of)
