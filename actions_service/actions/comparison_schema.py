"""The schema of a comparison of manifests by what they occupy."""

from typing import Any


def _value(json_type: str | list[str], description: str, example: object) -> dict[str, Any]:
    return {"type": json_type, "description": description, "examples": [example]}


def _object(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
        "examples": [{name: schema["examples"][0] for name, schema in properties.items()}],
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


def _list(description: str, items: dict[str, Any], *, is_shown: bool = True) -> dict[str, Any]:
    examples = [[items["examples"][0]]] if is_shown else [[]]
    return {"type": "array", "description": description, "items": items, "examples": examples}


def _range(description: str, least: object, most: object) -> dict[str, Any]:
    kind = "string" if isinstance(least, str) else "number"
    return _object(
        f"{description} `most` is null where nothing bounds it.",
        {
            "least": _value(kind, "At the fewest replicas, on the least accelerators that are possible.", least),
            "most": _value([kind, "null"], "At the most replicas, on the largest.", most),
        },
    )


def _named(description: str) -> dict[str, Any]:
    properties = {
        "name": _value("string", "Kind, possible kinds, or resource.", "h100-80gb-sxm"),
        **_range("", 1, 4)["properties"],
    }
    return _list(description, _object("Accelerators of one name.", properties))


_MONEY = "Money in the currency of the prices, to the cent; null without prices."
_AMOUNTS = {
    "pods": _range("Pods.", 1, 4),
    "processorCores": _range("CPU cores that are reserved.", 8, 32),
    "memoryBytes": _range("Host memory that is reserved.", 68719476736, 274877906944),
    "diskBytes": _range("Persistent storage that is claimed.", 0, 0),
    "accelerators": _range("Accelerators, or shares of them.", 1, 4),
    "acceleratorsByKind": _named("The same by kind."),
    "acceleratorMemoryBytes": _range("Memory of those whose kind is known.", 85899345920, 343597383680),
}
_PRICED = {
    "perHour": _or_null(_range(f"{_MONEY} An hour.", "4.50", "17.98")),
    "perMonth": _or_null(_range(f"{_MONEY} A month.", "3282.08", "13128.32")),
}
_SIDE_PROPERTIES = {
    **_AMOUNTS,
    "acceleratorsOfUnknownMemory": _range("Accelerators, or shares, whose memory is not known.", 0, 0),
    **_PRICED,
    "withoutPrice": _named("Accelerators that have no price and are not in the money."),
    "isComplete": _value("boolean", "Whether all that is asked for is known; else these are lower bounds.", True),
}
_CHANGE_PROPERTIES = {
    **_AMOUNTS,
    **_PRICED,
    "isMoneyKnown": _value("boolean", "Whether all that differs is known, bounded and has a price.", True),
}
_SIDES = {
    "before": _object("What was occupied.", _SIDE_PROPERTIES),
    "after": _object("What is occupied.", _SIDE_PROPERTIES),
    "change": _object("The least against the least, the most against the most.", _CHANGE_PROPERTIES),
}
_OBJECT = _object(
    "Which object.",
    {
        "apiGroup": _value("string", "API group.", "serving.kserve.io"),
        "kind": _value("string", "Kind.", "InferenceService"),
        "namespace": _value("string", "Namespace; empty where none is written.", "search"),
        "name": _value("string", "Name.", "chat"),
    },
)
_DIFFERENCE = _object(
    "A fact that is another one.",
    {
        "part": _value("string", "Part of the object.", "predictor"),
        "name": _value("string", "What changed.", "parallelism"),
        "before": _value(["string", "null"], "As it was; null where it was not there or not known.", "none"),
        "after": _value(["string", "null"], "As it is; null where it is not there or not known.", "TP 2"),
    },
)

_ENGINE = _object(
    "An engine and its model; null is what is not known.",
    {
        "part": _value("string", "Part of the object.", "predictor"),
        "model": _value(["string", "null"], "The model as it is named.", "google/gemma-4-26B-A4B"),
        "isMixtureOfExperts": _value(["boolean", "null"], "Whether it is a Mixture-of-Experts.", True),
        "totalParameters": _value(["integer", "null"], "All parameters.", 25805933872),
        "activeParameters": _value(["integer", "null"], "Those that compute one token.", 3822530560),
        "engine": _value(["string", "null"], "Serving engine.", "vllm"),
        "engineVersion": _value(["string", "null"], "Its version.", "0.33.0"),
        "parallelism": _or_null(
            _list(
                "Parallel sizes above one.",
                _object(
                    "One of them.",
                    {
                        "name": _value("string", "TP, PP, DP, EP, ...", "TP"),
                        "size": _value("integer", "Ranks.", 2),
                    },
                ),
            )
        ),
        "contextTokens": _value(["integer", "null"], "Longest request, in tokens.", 32768),
        "quantization": _value(["string", "null"], "As told to the engine, or as the checkpoint declares.", "fp8"),
        "weightsBytesPerAccelerator": _or_null(
            _object(
                "Weights on the fullest accelerator.",
                {
                    "least": _value("integer", "What is certain.", 25769803776),
                    "most": _value("integer", "What to plan for.", 26843545600),
                },
            )
        ),
    },
)

COMPARISON_PROPERTIES: dict[str, Any] = {
    "summary": _object(
        "How many objects of each status.",
        {
            "added": _value("integer", "New objects.", 0),
            "removed": _value("integer", "Objects that are gone.", 0),
            "changed": _value("integer", "Objects that occupy or run something else.", 1),
            "unchanged": _value("integer", "Objects that do not.", 2),
        },
    ),
    "sentence": _value("string", "The change in one sentence.", "1 changed. In all: +1 accelerators."),
    "prices": _or_null(
        _object(
            "The prices that were taken; null without any.",
            {
                "currency": _value("string", "ISO 4217 code.", "USD"),
                "region": _value(["string", "null"], "Region; null for prices that hold everywhere.", "eu-central"),
                "commitment": _value("string", "How accelerators are bought.", "on-demand"),
                "hoursPerMonth": _value("integer", "Hours of a month.", 730),
            },
        )
    ),
    "total": _object("All objects together.", _SIDES),
    "payers": _list(
        "The same by owner and cost centre, of those whose amounts change.",
        _object(
            "One of them.",
            {
                "owner": _value("string", "Label owner; empty without one.", "search"),
                "costCenter": _value("string", "Label cost-center; empty without one.", "cc-1001"),
                **_SIDES,
            },
        ),
    ),
    "objects": _list(
        "Every object, by status and name.",
        _object(
            "One of them.",
            {
                "status": _value("string", "added, removed, changed or unchanged.", "changed"),
                "object": _OBJECT,
                "owner": _value("string", "Label owner; empty without one.", "search"),
                "costCenter": _value("string", "Label cost-center; empty without one.", "cc-1001"),
                **_SIDES,
                "engines": _object(
                    "The engines that run in it.",
                    {"before": _list("Before.", _ENGINE), "after": _list("After.", _ENGINE)},
                ),
                "differences": _list("What changed in it.", _DIFFERENCE),
                "uncertain": _list(
                    "What is uncertain about it.",
                    _value("string", "One sentence.", "The serving runtime vllm is not known here."),
                    is_shown=False,
                ),
            },
        ),
    ),
    "notes": _list(
        "What a reader has to know beside the figures.", _value("string", "One sentence.", "A month is 730 hours.")
    ),
    "markdown": _value(
        "string",
        "The comment on a pull request; its first line is the same for every change, so that it can be replaced.",
        "<!-- neuroscale-delta -->\n## NeuroScale: what this change occupies\n",
    ),
}
