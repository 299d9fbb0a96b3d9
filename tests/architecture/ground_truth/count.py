"""Count the parameters of real model builds: configurations as JSON lines in, rows of ground truth out.

Needs transformers and torch, which the project itself does not depend on; run by hand to add rows. Each input line
is {"name": ..., "config": {...}}; a line whose class refuses the configuration is reported on standard error.
"""

import importlib
import json
import re
import sys

DROPPED = ("auto_map", "quantization_config", "compression_config", "torch_dtype", "dtype")
ALIASES = {"kimi_k2": "deepseek_v3"}
VISION = re.compile(r"vision|visual|audio|multi_modal_projector|mm_projector|multimodal_projection")
ROUTED = re.compile(r"\.experts\.")
SHARED = re.compile(r"shared_expert|shared_mlp|shared_head")
EMBEDDING = re.compile(r"embed_tokens|wte|word_embeddings|^model\.embeddings\.")


def build(config: dict[str, object]) -> object:
    """Build the model of a configuration on the meta device."""
    torch = importlib.import_module("torch")
    transformers = importlib.import_module("transformers")
    kept = {name: value for name, value in config.items() if name not in DROPPED}
    model_type = str(kept.pop("model_type"))
    built = transformers.AutoConfig.for_model(ALIASES.get(model_type, model_type), **kept)
    is_multimodal = "text_config" in kept
    factory = transformers.AutoModelForImageTextToText if is_multimodal else transformers.AutoModelForCausalLM
    with torch.device("meta"):
        model = factory.from_config(built)
    model.tie_weights()
    return model


def count(model: object) -> dict[str, int]:
    """Sort the unique parameters of a model by their names."""
    totals = {
        "total_params": 0,
        "vision_params": 0,
        "embedding_params": 0,
        "lm_head_params": 0,
        "routed_expert_params": 0,
    }
    for name, parameter in model.named_parameters():  # type: ignore[attr-defined]
        totals["total_params"] += parameter.numel()
        if VISION.search(name):
            totals["vision_params"] += parameter.numel()
        elif name.endswith("lm_head.weight"):
            totals["lm_head_params"] += parameter.numel()
        elif EMBEDDING.search(name):
            totals["embedding_params"] += parameter.numel()
        elif ROUTED.search(name) and not SHARED.search(name):
            totals["routed_expert_params"] += parameter.numel()
    return totals


def main() -> int:
    """Read configurations from standard input and write rows to standard output."""
    failures = 0
    for line in sys.stdin:
        row = json.loads(line)
        try:
            counts = count(build(row["config"]))
        except Exception as problem:  # noqa: BLE001 - any refusal of a foreign class is reported with its row
            failures += 1
            sys.stderr.write(f"{row['name']}: {type(problem).__name__}: {problem}\n")
            continue
        sys.stdout.write(json.dumps({"name": row["name"], **counts, "config": row["config"]}) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
