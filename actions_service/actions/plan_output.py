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


def _range(description: str, low: object, high: object) -> dict[str, Any]:
    json_type = "string" if isinstance(low, str) else "number"
    ends = {"low": _value(json_type, "At least.", low), "high": _value(json_type, "At most.", high)}
    return _object(description, ends)


def _object(description: str, properties: dict[str, Any], optional: frozenset[str] = frozenset()) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
        "properties": properties,
        "examples": [{name: schema["examples"][0] for name, schema in properties.items()}],
    }


REASONS_SCHEMA = _texts(
    "Why the plan is as it is, with the numbers.",
    ["All 25.8 billion parameters must be in memory, whether a token uses them or not."],
)

_SPEED_SCHEMA = _object(
    "How fast it is while a replica runs the requests that it holds; left out where it is not known. Each "
    "range runs from what is prudent to plan for to what the hardware allows at best.",
    {
        "runningRequests": _value("integer", "Requests of a replica for which it holds.", 12),
        "promptTokens": _value("integer", "Length of a typical prompt.", 4096),
        "outputTokens": _value("integer", "Length of its answer.", 4096),
        "timeToFirstTokenSeconds": _range("From admission to the first token, without a queue.", 0.0354, 0.282),
        "timePerOutputTokenSeconds": _range("Between two tokens of one answer.", 0.0151, 0.0345),
        "tokensPerSecondPerReplica": _range("Output tokens of one replica.", 1310.0, 2990.0),
        "tokensPerSecond": _range("Output tokens of the replicas that always run.", 1310.0, 2990.0),
        "promptBoundBy": _value("string", "What a prompt mostly waits for.", "arithmetic"),
        "decodingBoundBy": _value("string", "What decoding mostly waits for.", "weights"),
    },
)  # fmt: skip

_COST_SCHEMA = _object(
    "What it costs by the platform's price book; left out where no price is stated.",
    {
        "currency": _value("string", "ISO 4217 code.", "USD"),
        "perHour": _value("string", "All replicas that always run, as a decimal number.", "2.95"),
        "perAcceleratorHour": _value("string", "The price that was taken.", "2.95"),
        "commitment": _value("string", "How the accelerators are bought.", "on-demand"),
        "region": _value("string", "Where the price holds; left out where it holds everywhere.", "eu-west-1"),
        "perMillionOutputTokens": _range("While all replicas are full.", "0.274064", "0.625530"),
    },
    optional=frozenset({"region", "perMillionOutputTokens"}),
)  # fmt: skip

PLAN_SCHEMA = _object(
    "How the model is served. Sizes are in bytes, lengths in tokens, times in seconds.",
    {
        "accelerator": _value("string", "Kind of accelerator.", "h100-80gb-sxm"),
        "acceleratorResource": _value("string", "Resource that requests one.", "nvidia.com/gpu"),
        "acceleratorsPerReplica": _value("integer", "Accelerators of one replica, in all its pods.", 1),
        "podsPerReplica": _value("integer", "Pods of one replica, each on a node of its own.", 1),
        "acceleratorsPerPod": _value("integer", "Accelerators of each pod.", 1),
        "engine": _value("string", "Serving engine.", "vllm"),
        "engineVersion": _value("string", "Its version.", "0.33.0"),
        "image": _value("string", "Its image.", "vllm/vllm-openai:v0.33.0"),
        "arguments": _texts("What the engine is told; defaults are left out.", ["--max-model-len=8192"]),
        "tensorParallelSize": _value("integer", "Tensor parallel size.", 1),
        "pipelineParallelSize": _value("integer", "Pipeline parallel size.", 1),
        "dataParallelSize": _value("integer", "Data parallel size.", 1),
        "expertParallel": _value("boolean", "Whether experts are distributed whole.", False),
        "contextLength": _value("integer", "Longest request that is accepted, in tokens.", 8192),
        "requestLength": _value("integer", "Length of the requests that run at once, in tokens.", 8192),
        "concurrentRequestsPerReplica": _value("integer", "Requests at that length in one replica at once.", 12),
        "concurrencyLimit": _value("string", "Why not more: memory, latency or engine default.", "memory"),
        "runningRequestsPerReplica": _value("integer", "Requests that one replica runs at once, if shorter.", 1024),
        "runningLimit": _value("string", "Why not more: memory, latency or engine default.", "engine default"),
        "batchedTokens": _value("integer", "Tokens that one rank computes in a step at most.", 8192),
        "minimumReplicas": _value("integer", "Replicas that always run.", 1),
        "maximumReplicas": _value("integer", "Replicas the autoscaler may reach.", 2),
        "loadSeconds": _value("integer", "Upper estimate from pod start to the first answer.", 378),
        "timeToFirstTokenSeconds": _value("number", "95th percentile above which a replica is added.", 1.3),
        "autoscaling": _object(
            "When replicas are added and dropped.",
            {
                "waitingRequestsPerReplica": _value("integer", "Waiting requests above which one is added.", 5),
                "timeToFirstTokenSeconds": _value("number", "95th percentile above which one is added.", 1.3),
                "stabilizationSeconds": _value("integer", "Time of less need before one is dropped.", 756),
            },
        ),
        "memory": _object(
            "Budget of one accelerator; of every estimate the pessimistic figure.",
            {
                "acceleratorBytes": _value("integer", "Memory of the accelerator.", 85520809984),
                "usableBytes": _value("integer", "What the engine takes of it.", 78679145185),
                "weightsBytes": _value("integer", "Weights.", 51611867744),
                "overheadBytes": _value("integer", "Activations, graphs and communication.", 6442450944),
                "kvCacheBytes": _value("integer", "What remains for the KV cache.", 20624826497),
                "kvCacheBytesPerRequest": _value("integer", "KV cache of one such request.", 377487360),
                "components": {
                    "type": "array",
                    "description": "The same, part by part; together the memory of the accelerator.",
                    "items": _object(
                        "One part.",
                        {
                            "name": _value("string", "What it is.", "weights: routed experts"),
                            "bytes": _value("integer", "What it takes at most.", 45675970560),
                        },
                    ),
                    "examples": [[{"name": "weights: routed experts", "bytes": 45675970560}]],
                },
            },
        ),
        "speed": _SPEED_SCHEMA,
        "cost": _COST_SCHEMA,
        "shortfalls": _texts(
            "What was asked of the speed and is met at best, but not for certain.",
            ["it may meet the time to first token of 200 ms, which is asked for: 35 to 280 ms are estimated"],
        ),
        "reasons": REASONS_SCHEMA,
    },
    optional=frozenset({"speed", "cost"}),
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
            "rule": _value("string", "Rule that refused it, or memory, latency or hardware.", "memory"),
            "isWarning": _value("boolean", "Whether it would serve, but with a warning.", False),
            "reason": _value("string", "The finding, or the sum that does not fit.", "48.1 GiB weights exceed ..."),
        },
    ),
    "examples": [[]],
}  # fmt: skip

UNUSABLE_NODES_SCHEMA: dict[str, Any] = {
    "type": "array",
    "description": "Nodes that were given and whose accelerators no plan can use.",
    "items": _object(
        "Nodes with one reason.",
        {
            "nodes": _texts("Their names.", ["worker-7"]),
            "reason": _value("string", "Why.", "cordoned: no pod is scheduled there"),
        },
    ),
    "examples": [[]],
}

PLAN_SUMMARY_SCHEMA = _value(
    "string", "The plan in words (Markdown).", "| Accelerators | 1 x h100-80gb-sxm per replica |\n"
)
