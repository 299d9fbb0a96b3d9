"""A review is answered from memory: while it is judged no file is opened, no address looked up, nothing started."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from admission_webhook.facts import KnownFacts
from admission_webhook.judgement import Knowledge, is_judged, judge_request
from admission_webhook.review import read_review
from admission_webhook.warm_up import warm_up
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.rules.judge import judge
from tests.admission_webhook.serving import review_of

FIXTURES = sorted((Path(__file__).parents[1] / "rules").glob("*/*/*.yaml"))
OUTSIDE = ("open", "os.listdir", "os.scandir", "socket.", "subprocess.", "os.system", "os.exec", "import")


class Watch:
    """Notes what the interpreter reports while it is on: an audit hook cannot be taken out again."""

    def __init__(self) -> None:
        self.is_on = False
        self.seen: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_on and event.startswith(OUTSIDE):
            self.seen.append(f"{event} {arguments[:1]}")

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the context is open."""
        self.is_on = True
        try:
            yield
        finally:
            self.is_on = False


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.mark.parametrize("keys", [(), (Ed25519PrivateKey.generate().public_key(),)], ids=["no key", "a key"])
def test_no_review_of_any_fixture_reaches_outside(watch: Watch, keys: tuple[Ed25519PublicKey, ...]) -> None:
    """Also the first one: what the rules need was loaded when the process started."""
    models = load_catalogue()
    known = Knowledge(KnownFacts(models).about, keys)
    warm_up(judge, models)
    bodies = [json.dumps(review_of(document)).encode() for document in _documents()]
    with watch.watching():
        reviews = [read_review(body) for body in bodies]
        verdicts = [judge_request(review, judge, known, enforce=True) for review in reviews if is_judged(review)]
    assert {verdict.allowed for verdict in verdicts} == {True, False}
    assert watch.seen == []


def test_the_watch_notices_a_file(watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "file"
    with watch.watching():
        file.write_text("x", encoding="utf-8")
    assert watch.seen.pop().startswith("open ")


def _documents() -> list[dict[str, Any]]:
    return [
        document
        for fixture in FIXTURES
        for document in yaml.safe_load_all(fixture.read_text(encoding="utf-8"))
        if document
    ]
