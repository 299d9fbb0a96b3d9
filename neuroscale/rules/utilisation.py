"""Which scaling signals tell only how busy or how full a device or a pod is."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from neuroscale.manifests.autoscaler import ScalingSignal

_RESOURCES: Mapping[str, str] = {"cpu": "pod CPU", "memory": "pod memory"}
# A metric name ends where a character follows that no metric name holds.
_NAME_CHARACTERS = r"A-Za-z0-9_:|"


def utilisation_of(signal: ScalingSignal) -> str | None:
    """Return what a signal measures ("pod CPU", "accelerator utilisation", "accelerator memory", ...), or None.

    None means that it follows something else, or also something else: a query that names an engine's own metric
    beside a device's is not utilisation alone.
    """
    if signal.source == "resource":
        return _RESOURCES.get(signal.name)
    text = f"{signal.name} {signal.query}"
    found = [measures for pattern, measures in _metrics() if pattern.search(text)]
    if not found or _follows_an_engine(text):
        return None
    return found[0]


def _follows_an_engine(text: str) -> bool:
    return re.search(r"\b(?:vllm|sglang|tgi|trtllm|nv_trt_llm)[:_]", text) is not None


@cache
def _metrics() -> tuple[tuple[re.Pattern[str], str], ...]:
    document = json.loads((files("neuroscale.rules") / "data" / "utilisation_metrics.json").read_text("utf-8"))
    return tuple(
        (
            re.compile(
                rf"(?<![{_NAME_CHARACTERS}]){re.escape(record['name'])}(?![{_NAME_CHARACTERS}])", re.IGNORECASE
            ),
            record["measures"],
        )
        for record in document["metrics"]
    )
