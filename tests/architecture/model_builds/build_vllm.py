"""Build a model of vLLM from a configuration, in memory: for model types that transformers has no class for.

Runs without an accelerator: vLLM's platform is set to the CPU and no kernel is chosen, since nothing is computed.
vLLM pads a vocabulary to a multiple of 64, so that the vocabularies of these configurations must be such multiples.
"""

import contextlib
import copy
import importlib
import json
import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

from tests.architecture.model_builds.deepseek_v41_engine import (
    prepare_deepseek_v4_vision,
    prepare_deepseek_v41,
)
from tests.architecture.model_builds.step5_engine import prepare_step5

# Other names of fields, as the configuration classes published with the weights map them.
_ATTRIBUTE_MAPS = {
    "exaone": {"num_hidden_layers": "num_layers"},
    "telechat": {"num_hidden_layers": "n_layer", "num_attention_heads": "n_head"},
    "telechat2": {"num_hidden_layers": "n_layer", "num_attention_heads": "n_head"},
}
_NESTED = {"llm_config", "text_config", "vision_config"}
# Classes that only the engine's second runner takes.
_SECOND_RUNNER = {"LongcatFlashNgramForCausalLM", "Step5ForCausalLM", "Step5ForConditionalGeneration"}
_ENVIRONMENT = {
    "VLLM_TARGET_DEVICE": "cpu",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "HF_HUB_OFFLINE": "1",
    "VLLM_KIMI_K3_GEMM_AR": "0",
}


def build_model(config: Mapping[str, Any]) -> Any:
    """Return the model that vLLM builds for a configuration in the form of its config.json.

    A type whose configuration class is remote code gets a class that holds exactly the fields that are stated.

    Raises:
        Exception: Whatever the library raises for a configuration that it refuses.
    """
    _start_engine()
    torch = importlib.import_module("torch")
    vllm_config = importlib.import_module("vllm.config")
    loading = importlib.import_module("vllm.model_executor.model_loader.utils")
    _register_configuration(str(config["model_type"]))
    os.environ["VLLM_USE_V2_MODEL_RUNNER"] = str(int(model_class_name(config) in _SECOND_RUNNER))
    if str(config["model_type"]).startswith("step5"):
        prepare_step5()
    if config["model_type"] == "deepseek_v41":
        prepare_deepseek_v41()
    if model_class_name(config) == "DeepseekV4ForConditionalGeneration":
        prepare_deepseek_v4_vision()
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "config.json").write_text(json.dumps(config), encoding="utf-8")
        model_config = vllm_config.ModelConfig(
            model=directory, tokenizer=directory, skip_tokenizer_init=True, dtype="bfloat16", enforce_eager=True
        )
        cache_config = vllm_config.CacheConfig(enable_prefix_caching=False)
        engine_config = vllm_config.VllmConfig(model_config=model_config, cache_config=cache_config)
        model_class, _ = loading.get_model_architecture(model_config)
        torch.set_default_dtype(torch.bfloat16)
        try:
            with vllm_config.set_current_vllm_config(engine_config):
                model = model_class(vllm_config=engine_config, prefix="")
        finally:
            torch.set_default_dtype(torch.float32)
    return _with_embeddings(model, model_config.hf_config)


def model_class_name(config: Mapping[str, Any]) -> str:
    """Return the class that `build_model` builds.

    Raises:
        KeyError: The configuration names no class.
    """
    return str(config["architectures"][0])


def versions() -> dict[str, str]:
    """Return the versions of the libraries that build."""
    _start_engine()
    names = ("vllm", "transformers", "torch")
    return {name: importlib.import_module(name).__version__.split("+")[0] for name in names}


@cache
def _start_engine() -> None:
    """Make this process the only rank of an engine, and let it look at model classes itself."""
    os.environ.update(_ENVIRONMENT)
    vllm_config = importlib.import_module("vllm.config")
    parallel_state = importlib.import_module("vllm.distributed.parallel_state")
    registry = importlib.import_module("vllm.model_executor.models.registry")
    # The library inspects every class in a process of its own, which would cost seconds for each.
    registry._LazyRegisteredModel.inspect_model_cls = lambda registered: registry._ModelInfo.from_model_cls(
        registered.load_model_cls()
    )
    # Some classes make streams of an accelerator to compute with.
    cuda: Any = importlib.import_module("torch").cuda
    cuda.Stream = cuda.Event = _Nothing
    _leave_weights_as_allocated()
    # Some look up the number of a token, on which no shape depends.
    tokenizers: Any = importlib.import_module("vllm.tokenizers")
    tokenizers.cached_tokenizer_from_config = MagicMock()
    # Kernels take only some widths; without one, experts have the shapes that the checkpoint has.
    experts: Any = importlib.import_module("vllm.model_executor.layers.fused_moe.unquantized_fused_moe_method")
    oracle = importlib.import_module("vllm.model_executor.layers.fused_moe.oracle.unquantized")
    experts.select_unquantized_moe_backend = lambda **_deployment: (oracle.UnquantizedMoeBackend.OOT, None)
    _allow_experts_without_gates()
    store = Path(tempfile.mkdtemp()) / "store"
    with vllm_config.set_current_vllm_config(vllm_config.VllmConfig()):
        parallel_state.init_distributed_environment(1, 0, f"file://{store}", 0, backend="gloo")
        parallel_state.initialize_model_parallel()


def _leave_weights_as_allocated() -> None:
    """Spare the drawing of first values, and name what only the compiled library for accelerators has."""
    torch: Any = importlib.import_module("torch")
    for name in ("kaiming_uniform_", "uniform_", "normal_", "trunc_normal_"):
        setattr(torch.nn.init, name, lambda tensor, *_settings, **_named: tensor)
    torch.ops._C.gelu_quick = None
    platform: Any = importlib.import_module("vllm.platforms").current_platform.__class__
    backends: Any = importlib.import_module("vllm.v1.attention.backends.registry").AttentionBackendEnum
    platform.get_supported_vit_attn_backends = classmethod(lambda _: [backends.TORCH_SDPA, backends.FLASH_ATTN])
    with contextlib.suppress(ImportError):
        timm: Any = importlib.import_module("timm")
        create = timm.create_model
        timm.create_model = lambda *names, **settings: create(*names, weight_init="skip", **settings)


def _allow_experts_without_gates() -> None:
    """Say that the platform can compute experts without a gate, for which the CPU has no kernel."""
    configuration: Any = importlib.import_module("vllm.model_executor.layers.fused_moe.config")

    class Platform:
        def __getattr__(self, name: str) -> Any:
            return (lambda: True) if name == "is_xpu" else getattr(found, name)

    found = configuration.current_platform
    configuration.current_platform = Platform()


class _Nothing:
    """Stands for a stream or an event: nothing is computed."""


def _register_configuration(model_type: str) -> None:
    transformers = importlib.import_module("transformers")
    engine_types = importlib.import_module("vllm.transformers_utils.config")._CONFIG_REGISTRY
    if model_type in engine_types or model_type in transformers.CONFIG_MAPPING:
        return

    def read_fields(self: Any, block_configs: Any = None, **fields: Any) -> None:
        if block_configs is not None:
            fields["block_configs"] = [_Attributes(block) for block in block_configs]
        for name in _NESTED & fields.keys():
            fields[name] = _nested(transformers, fields[name])
        transformers.PretrainedConfig.__init__(self, **fields)

    attributes = {
        "model_type": model_type,
        "attribute_map": _ATTRIBUTE_MAPS.get(model_type, {}),
        "__init__": read_fields,
    }
    if model_type == "nemotron_h_puzzle":
        attributes["get_nemotron_h_config_for_layer"] = _configuration_of_layer
    stated = type("StatedConfig", (transformers.PretrainedConfig,), attributes)
    transformers.AutoConfig.register(model_type, stated)


def _configuration_of_layer(configuration: Any, layer: int) -> Any:
    """Return the configuration in which the fields of one layer win, as the published class gives it."""
    of_layer = copy.copy(configuration)
    for name, value in configuration.block_configs[layer].items():
        setattr(of_layer, name, value)
    return of_layer


def _nested(transformers: Any, fields: Mapping[str, Any]) -> Any:
    """Read a part of a configuration as its own class does, a part of unknown type as it is stated."""
    model_type = str(fields["model_type"])
    _register_configuration(model_type)
    return transformers.AutoConfig.for_model(**{"model_type": model_type, **fields})


class _Attributes(dict[str, Any]):
    """An object of JSON with attributes, as which the published classes of searched models read it."""

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        value = self[name]
        return _Attributes(value) if isinstance(value, dict) else value


def _with_embeddings(model: Any, config: Any) -> Any:
    """Give the model what `count_components` asks for: its configuration, input embedding and output head."""
    embedding = importlib.import_module("vllm.model_executor.layers.vocab_parallel_embedding")
    kinds = (embedding.VocabParallelEmbedding, embedding.ParallelLMHead)
    found = [module for module in model.modules() if isinstance(module, kinds)]
    heads = [module for module in found if isinstance(module, embedding.ParallelLMHead)]
    inputs = [module for module in found if module not in heads]
    model.config = config
    model.get_input_embeddings = lambda: inputs[0] if inputs else None
    model.get_output_embeddings = lambda: heads[0] if heads else None
    return model
