"""Findings as a judge would give them, at real places of a real file."""

from pathlib import Path

import pytest

from neuroscale.manifests.documents import load_manifests
from neuroscale.manifests.object import FieldPath
from neuroscale.rules.finding import Finding, Severity

FILE = Path(__file__).parent / "fixtures" / "broken.yaml"
ARGUMENT: FieldPath = ("spec", "predictor", "containers", 0, "args", 0)


@pytest.fixture
def findings() -> list[Finding]:
    """A denial, a warning and a note about one object."""
    (manifest,) = load_manifests(FILE.read_text(encoding="utf-8"), "team-a/broken.yaml")

    def finding(rule: str, severity: Severity, path: FieldPath, message: str, fix: str) -> Finding:
        return Finding(
            rule, "some-pattern", severity, manifest, path, message, fix, f"https://neuroscale.dev/rules/{rule}"
        )

    return [
        finding("NS101", Severity.DENY, ARGUMENT, "3 does not divide 16 attention heads", "use 1, 2, 4, 8 or 16"),
        finding(
            "NS501", Severity.WARN, ("metadata", "labels"), "100% of <b>labels</b> | are *missing*", "add owner"
        ),
        finding("NS001", Severity.INFO, ("spec",), "cannot judge", ""),
    ]
