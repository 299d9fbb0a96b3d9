"""An accelerator that a finding about weights proposes certainly holds what did not fit."""

import re
from pathlib import Path

import pytest

from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.rules.context import IndexedContext
from neuroscale.rules.deployments import subjects_of
from neuroscale.rules.subject import Deployment
from neuroscale.sizing.memory import memory_budget
from tests.rules.objects import cluster_facts, fixture_objects
from tests.rules.test_fixtures import BAD, expected_in, title

_PROPOSED = re.compile(r"take an accelerator of [0-9.]+ GiB such as ([a-z0-9-]+)")
_FIXTURES = [
    fixture
    for fixture in BAD
    if fixture.parent.name == "weights_exceed_accelerator_memory"
    and _PROPOSED.search(expected_in(fixture)[0]["fix"])
]


@pytest.mark.parametrize("fixture", _FIXTURES, ids=title)
def test_the_accelerator_that_is_proposed_certainly_holds_weights_and_overhead(fixture: Path) -> None:
    named = _PROPOSED.search(expected_in(fixture)[0]["fix"])
    assert named is not None
    accelerator = accelerator_by_name(named[1])
    assert accelerator is not None
    manifest, *_ = fixture_objects(fixture)
    subjects = subjects_of(manifest, (IndexedContext(()),), cluster_facts())
    (deployment,) = (subject for subject in subjects if isinstance(subject, Deployment))
    settings, architecture = deployment.workload.settings, deployment.architecture
    assert settings is not None
    assert architecture is not None
    assert memory_budget(architecture, settings, accelerator).certainly_sufficient


def test_proposals_were_found() -> None:
    assert len(_FIXTURES) >= 6
