"""Reads one hostile configuration in a process of its own, whose memory and processor time have a limit.

Run with the name of a case: prints what was answered, "refused: MESSAGE" or "read". The limits end a process that
takes more, so that the time of the machine plays no part.
"""

import json
import resource
import sys
from collections.abc import Callable, Mapping
from typing import Any

from neuroscale.architecture.reader import read_architecture
from neuroscale.architecture.strict_json import parse_object
from neuroscale.errors import InvalidInputError
from neuroscale.sizing.model_summary import model_as_json

# The reader with its families takes a tenth of the memory and of the time.
MEMORY_BYTES = 512 * 2**20
PROCESSOR_SECONDS = 20
MEBIBYTE = 2**20

LLAMA = {"model_type": "llama", "num_hidden_layers": 4}
MIXTURE = {"model_type": "qwen3_moe", "num_hidden_layers": 4096}
FORMAT = {"num_bits": 4, "group_size": 128, "type": "int"}


def _text(config: Mapping[str, object]) -> str:
    return json.dumps({**LLAMA, **config})


def _quantised(**more: object) -> str:
    groups = {"all": {"targets": ["Linear"], "weights": FORMAT}}
    declared = {"quant_method": "compressed-tensors", "config_groups": groups, **more}
    return json.dumps({**MIXTURE, "quantization_config": declared})


def _deep(opening: str, closing: str, levels: int = MEBIBYTE) -> str:
    return '{"model_type":"llama","text_config":' + opening * levels + "1" + closing * levels + "}"


def _groups() -> Mapping[str, object]:
    return {
        f"g{number}": {"targets": [f"re:.*q{number}.*"], "weights": {**FORMAT, "num_bits": 2 + number % 7}}
        for number in range(64)
    }


# The text of a config.json by case; none is larger than what the command line reads.
CASES: Mapping[str, Callable[[], str]] = {
    "a megabyte of keys": lambda: _text({f"key_{number}": number for number in range(60_000)}),
    "a key of a megabyte": lambda: _text({"k" * MEBIBYTE: 1}),
    "a text of a megabyte": lambda: _text({"rope_scaling": {"rope_type": "x" * MEBIBYTE}}),
    "a model type of a megabyte": lambda: _text({"model_type": "x" * MEBIBYTE}),
    "deep lists": lambda: _deep("[", "]"),
    "deep objects": lambda: _deep('{"text_config":', "}", MEBIBYTE // 16),
    "nesting just too deep": lambda: _deep('{"text_config":', "}", 40),
    "a huge integer": lambda: f'{{"model_type": "llama", "hidden_size": {"9" * 10**5}}}',
    "a huge integer in a list": lambda: f'{{"a": {{"b": [0, [{"9" * 10**5}]]}}}}',
    "a huge fraction": lambda: f'{{"model_type": "llama", "hidden_size": 4096.{"0" * MEBIBYTE}}}',
    "a huge exponent": lambda: '{"model_type": "llama", "hidden_size": 1e999999999}',
    "many layers": lambda: _text({"num_hidden_layers": 10**12}),
    "as many layers as are read": lambda: json.dumps(MIXTURE),
    "millions of layer types": lambda: '{"model_type": "qwen3", "layer_types": [' + "0," * 2 * MEBIBYTE + "0]}",
    "nested layer types": lambda: json.dumps(
        {"model_type": "qwen3", "layer_types": [[["full_attention"]] * 36] * 36}
    ),
    "heads of its own for every layer": lambda: json.dumps(
        {
            "model_type": "laguna",
            "num_hidden_layers": 4096,
            "num_attention_heads_per_layer": [8 * (index + 1) for index in range(4096)],
        }
    ),
    "not a number": lambda: '{"model_type": "llama", "hidden_size": NaN}',
    "an infinite number": lambda: (
        '{"model_type": "llama", "rope_scaling": {"type": "linear", "factor": -Infinity}}'
    ),
    "a name that is given twice": lambda: '{"model_type": "llama", "rope_scaling": {"factor": 1, "factor": 2}}',
    "a name that is given very often": lambda: "{" + ",".join(['"a":1'] * 500_000) + "}",
    "many excluded modules": lambda: _quantised(ignore=[f"module_{number}" for number in range(2**16)]),
    "too many excluded modules": lambda: _quantised(ignore=["m"] * (2**16 + 1)),
    "modules of every layer": lambda: _quantised(
        ignore=[f"model.layers.{number % 4096}.m{number}*" for number in range(2**16)]
    ),
    "many expressions": lambda: _quantised(ignore=[f"re:.*a.*b{number}" for number in range(2**15)]),
    "slow expressions": lambda: _quantised(ignore=["re:(a+)+$", "re:(.*)*x", "re:.*.*.*.*.*.*y"]),
    "many wildcards": lambda: _quantised(ignore=["*a" * 500 + str(number) for number in range(900)]),
    "many groups": lambda: _quantised(config_groups=_groups()),
}


def main(case: str) -> None:
    """Read the configuration of a case within the limits."""
    text = CASES[case]()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    print(answered(text))


def answered(text: str) -> str:
    """Return what is answered to the text of a configuration."""
    try:
        config: Mapping[str, Any] = parse_object(text, infinities=True)
        json.dumps(model_as_json(read_architecture(config)))
    except (ValueError, InvalidInputError) as error:
        return f"refused: {error}"
    return "read"


if __name__ == "__main__":
    main(sys.argv[1])
