"""The schema of serving plans, shared by the actions that answer them."""

from typing import Any


def _value(json_type: str, description: str, example: object) -> dict[str, Any]:
    return {"type": json_type, "description": description, "examples": [example]}


def _texts(description: str, example: list[str]) -> dict[str, Any]:
    return {
        "type": "array",
        "description": description,
        "items": {"type": "string", "examples": example[:1]},
        "examples": [example],
    }


def _object(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
        "examples": [{name: schema["examples"][0] for name, schema in properties.items()}],
    }


REASONS_SCHEMA = _texts(
    "Why the plan is as it is, with the numbers.",
    ["All 25.8 billion parameters must be in memory, whether a token uses them or not."],
)

PLAN_SCHEMA = _object(
    "How the model is served. Sizes are in bytes, lengths in tokens.",
    {
        "accelerator": _value("string", "Kind of accelerator.", "h100-80gb-sxm"),
        "acceleratorResource": _value("string", "Resource that requests one.", "nvidia.com/gpu"),
        "acceleratorsPerReplica": _value("integer", "Accelerators of one replica, all in one pod.", 1),
        "engine": _value("string", "Serving engine.", "vllm"),
        "engineVersion": _value("string", "Its version.", "0.33.0"),
        "image": _value("string", "Its image.", "vllm/vllm-openai:v0.33.0"),
        "arguments": _texts("What the engine is told; defaults are left out.", ["--max-model-len=8192"]),
        "tensorParallelSize": _value("integer", "Tensor parallel size.", 1),
        "pipelineParallelSize": _value("integer", "Pipeline parallel size.", 1),
        "dataParallelSize": _value("integer", "Data parallel size.", 1),
        "expertParallel": _value("boolean", "Whether experts are distributed whole.", False),
        "contextLength": _value("integer", "Longest request that is accepted, in tokens.", 8192),
        "concurrentRequestsPerReplica": _value("integer", "Requests at that length in one replica at once.", 12),
        "minimumReplicas": _value("integer", "Replicas that always run.", 1),
        "maximumReplicas": _value("integer", "Replicas the autoscaler may reach.", 2),
        "loadSeconds": _value("integer", "Upper estimate from pod start to the first answer.", 378),
        "timeToFirstTokenSeconds": _value("number", "95th percentile above which a replica is added.", 1.3),
        "memory": _object(
            "Budget of one accelerator; of every estimate the pessimistic figure.",
            {
                "acceleratorBytes": _value("integer", "Memory of the accelerator.", 85520809984),
                "usableBytes": _value("integer", "What the engine takes of it.", 78679145185),
                "weightsBytes": _value("integer", "Weights.", 51611867744),
                "overheadBytes": _value("integer", "Activations, graphs and communication.", 6442450944),
                "kvCacheBytes": _value("integer", "What remains for the KV cache.", 20624826497),
                "kvCacheBytesPerRequest": _value("integer", "KV cache of one such request.", 377487360),
            },
        ),
        "reasons": REASONS_SCHEMA,
    },
)  # fmt: skip

ALTERNATIVES_SCHEMA: dict[str, Any] = {
    "type": "array",
    "description": "Other plans that meet the demand, from best to worst.",
    "items": PLAN_SCHEMA,
    "examples": [[]],
}

REFUSED_SCHEMA: dict[str, Any] = {
    "type": "array",
    "description": "What was not taken: one candidate for each accelerator and rule.",
    "items": _object(
        "A candidate that was not taken.",
        {
            "accelerator": _value("string", "Kind of accelerator.", "l4"),
            "arguments": _texts("What the engine would have been told.", ["--max-model-len=8192"]),
            "rule": _value("string", "Rule that refused it, or memory.", "memory"),
            "reason": _value("string", "The finding, or the sum that does not fit.", "48.1 GiB weights exceed ..."),
        },
    ),
    "examples": [[]],
}  # fmt: skip

PLAN_SUMMARY_SCHEMA = _value(
    "string", "The plan in words (Markdown).", "| Accelerators | 1 x h100-80gb-sxm per replica |\n"
)
