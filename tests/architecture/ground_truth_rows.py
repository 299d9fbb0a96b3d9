"""Rows of ground truth for the tests."""

import json
from pathlib import Path
from typing import Any

GROUND_TRUTH = Path(__file__).parent / "ground_truth"


def model_rows() -> list[dict[str, Any]]:
    return _rows("models.jsonl")


def variant_rows() -> list[dict[str, Any]]:
    return _rows("variants.jsonl")


def published_rows() -> list[dict[str, Any]]:
    return _rows("../fixtures/published_totals.jsonl")


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (GROUND_TRUTH / name).read_text(encoding="utf-8").splitlines()]
