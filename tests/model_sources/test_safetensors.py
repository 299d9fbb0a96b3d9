"""Repositories with safetensors alone: exact counts from headers, and nothing that headers do not say."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from neuroscale.errors import InvalidInputError, UnreadableInputError
from neuroscale.model_sources.limits import Limits
from tests.model_sources import weights
from tests.model_sources.conftest import Read
from tests.model_sources.hub import Hub, Repository


def test_a_dense_model_is_counted_and_known_to_be_dense(hub: Hub, read: Read) -> None:
    content = weights.safetensors_file(weights.llama_tensors())
    hub.repositories["acme/llama"] = Repository({"model.safetensors": content})
    found = read("hf://acme/llama")
    architecture = found.architecture
    assert architecture.parameters is not None
    assert architecture.parameters.total == weights.LLAMA_PARAMETERS
    assert architecture.is_mixture_of_experts is False
    assert architecture.active_parameters == weights.LLAMA_PARAMETERS
    assert (architecture.layers, architecture.hidden_size, architecture.vocabulary_size) == (2, 64, 320)
    assert (architecture.tied_embeddings, architecture.data_type) == (False, "float16")
    assert (architecture.attention, architecture.context, found.config, found.config_sha256) == (None,) * 4
    assert "no config.json" in architecture.unread[0]
    assert "Attention heads" in architecture.unread[1]


def test_the_experts_of_all_shards_are_counted_but_not_how_many_compute(hub: Hub, read: Read) -> None:
    tensors = weights.mixture_tensors()
    hub.repositories["acme/moe"] = Repository(weights.sharded(tensors, 5))
    found = read("hf://acme/moe")
    architecture = found.architecture
    total = sum(tensor.size for name, tensor in tensors.items() if "inv_freq" not in name)
    assert architecture.parameters is not None
    assert (architecture.parameters.total, architecture.parameters.routed_experts) == (total, weights.ROUTED)
    assert architecture.is_mixture_of_experts is True
    assert (architecture.experts, architecture.active_parameters) == (None, None)
    assert any("8 routed experts are stored, but not how many" in sentence for sentence in architecture.unread)
    assert found.weights is not None
    assert (found.weights.files, found.weights.routed_experts) == (5, 8)
    assert len(hub.storage_requests) == 5


def test_stacked_experts_are_counted_by_their_first_dimension(read: Read, tmp_path: Path) -> None:
    tensors = {
        "model.embed_tokens.weight": weights.zeros(32, 8),
        "model.layers.0.mlp.experts.gate_up_proj": weights.zeros(6, 8, 16),
        "model.layers.0.mlp.experts.down_proj": weights.zeros(6, 8, 8),
        "model.layers.0.mlp.router.weight": weights.zeros(6, 8),
    }
    (tmp_path / "model.safetensors").write_bytes(weights.safetensors_file(tensors))
    found = read(str(tmp_path))
    assert found.weights is not None
    assert (found.weights.routed_experts, found.weights.routed_expert_parameters) == (6, 6 * 8 * 24)


def test_unknown_names_leave_open_whether_there_are_experts(read: Read, tmp_path: Path) -> None:
    tensors = weights.llama_tensors() | {"model.layers.0.mixer.weight": weights.zeros(8, 8)}
    (tmp_path / "model.safetensors").write_bytes(weights.safetensors_file(tensors))
    architecture = read(str(tmp_path)).architecture
    assert architecture.is_mixture_of_experts is None
    assert architecture.parameters is not None
    assert architecture.active_parameters is None


def test_packed_weights_are_not_counted(read: Read, tmp_path: Path) -> None:
    tensors = weights.llama_tensors()
    name = "model.layers.0.mlp.up_proj"
    del tensors[f"{name}.weight"]
    tensors |= {f"{name}.qweight": np.zeros((8, 96), np.int32), f"{name}.scales": weights.zeros(1, 96)}
    (tmp_path / "model.safetensors").write_bytes(weights.safetensors_file(tensors))
    found = read(str(tmp_path))
    assert found.architecture.parameters is None
    assert found.weights is not None
    assert found.weights.parameters is None
    assert found.weights.stored_bytes == sum(tensor.nbytes for tensor in tensors.values())


def test_draft_layers_are_apart(read: Read, tmp_path: Path) -> None:
    draft = {
        "model.layers.2.eh_proj.weight": weights.zeros(weights.HIDDEN, 2 * weights.HIDDEN),
        "model.layers.2.mlp.up_proj.weight": weights.zeros(weights.FEED_FORWARD, weights.HIDDEN),
    }
    (tmp_path / "model.safetensors").write_bytes(weights.safetensors_file(weights.llama_tensors() | draft))
    found = read(str(tmp_path))
    assert found.weights is not None
    assert found.weights.parameters == weights.LLAMA_PARAMETERS
    assert found.weights.draft_parameters == sum(tensor.size for tensor in draft.values())
    assert found.architecture.layers == 2


def test_a_long_header_takes_a_second_request_and_no_more(hub: Hub, read: Read) -> None:
    tensors = {f"model.layers.{number}.mlp.up_proj.weight": weights.zeros(1, 1) for number in range(4000)}
    content = weights.safetensors_file(tensors) + bytes(1 << 20)
    hub.repositories["acme/long"] = Repository({"model.safetensors": content})
    read("hf://acme/long")
    length = struct.unpack("<Q", content[:8])[0]
    asked = [requested for _, _, requested in hub.storage_requests]
    assert asked == ["bytes=0-131071", f"bytes=131072-{length + 7}"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the header is missing"),
        (b"\x01" * 64, "longer than headers are"),
        (struct.pack("<Q", 64) + b"{", "the file ends inside its header"),
        (struct.pack("<Q", 9) + b'{"a": nul', "not JSON"),
        (struct.pack("<Q", 8) + b'{"a": 1}', "'a' is not described"),
        (struct.pack("<Q", 9) + b'{"a": {}}', "has no type, shape and place"),
    ],
)
def test_what_is_no_safetensors_file_is_told(read: Read, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(UnreadableInputError, match=message):
        read(str(tmp_path))


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F16", "shape": [-1], "data_offsets": [0, 2]},
        {"dtype": "F16", "shape": [2**62], "data_offsets": [0, 2]},
        {"dtype": "F16", "shape": [True], "data_offsets": [0, 2]},
        {"dtype": "F16", "shape": [2**40, 2**40], "data_offsets": [0, 2]},
        {"dtype": "F16", "shape": [1], "data_offsets": [2, 0]},
        {"dtype": 7, "shape": [1], "data_offsets": [0, 2]},
    ],
)
def test_impossible_tensors_are_told(read: Read, tmp_path: Path, entry: dict[str, object]) -> None:
    header = json.dumps({"weight": entry}).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(UnreadableInputError, match="is no readable safetensors file"):
        read(str(tmp_path))


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ({}, "has no weight_map"),
        ({"weight_map": {"a": "../../etc/passwd"}}, "names a weight file that is none"),
        ({"weight_map": {"a": 7}}, "names a weight file that is none"),
        ({"weight_map": {str(n): f"{n}.safetensors" for n in range(9)}}, "has 9 weight files, more than the 8"),
    ],
)
def test_an_index_that_leads_nowhere_is_told(hub: Hub, read: Read, index: dict[str, object], message: str) -> None:
    hub.repositories["acme/odd"] = Repository({"model.safetensors.index.json": json.dumps(index).encode()})
    with pytest.raises(UnreadableInputError, match=message):
        read("hf://acme/odd", limits=Limits(weight_files=8))


def test_a_file_without_tensors_is_told(read: Read, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(weights.safetensors_file({}))
    with pytest.raises(InvalidInputError, match="without tensors"):
        read(str(tmp_path))


def test_headers_help_a_config_of_a_family_that_is_not_described(hub: Hub, read: Read) -> None:
    config = json.dumps({"model_type": "acme-1", "hidden_size": 64, "num_hidden_layers": 2}).encode()
    tensors = weights.mixture_tensors()
    hub.repositories["acme/new"] = Repository({"config.json": config, **weights.sharded(tensors, 2)})
    found = read("hf://acme/new")
    total = sum(tensor.size for name, tensor in tensors.items() if "inv_freq" not in name)
    assert found.weights is not None
    assert (found.weights.parameters, found.weights.routed_experts) == (total, weights.EXPERTS)
    assert (found.architecture.parameters, found.architecture.is_mixture_of_experts) == (None, True)
    assert found.architecture.unread[-1] == f"The headers of its weights hold {total:,} parameters."
    assert found.config is not None
    assert "headers of 2 safetensors files" in found.provenance


@pytest.mark.parametrize("files", [{}, {"model.safetensors": b"damaged"}, {"model.gguf": b"GGUF"}])
def test_weights_that_cannot_help_do_no_harm(hub: Hub, read: Read, files: dict[str, bytes]) -> None:
    hub.repositories["acme/new"] = Repository({"config.json": b'{"model_type": "acme-1"}', **files})
    found = read("hf://acme/new")
    assert (found.weights, found.architecture.model_type) == (None, "acme-1")


def test_weights_of_a_known_family_are_not_even_asked_for(hub: Hub, read: Read) -> None:
    content = weights.safetensors_file(weights.llama_tensors())
    hub.repositories["acme/llama"] = Repository(
        {"config.json": json.dumps(weights.LLAMA).encode(), "model.safetensors": content}
    )
    assert read("hf://acme/llama").weights is None
    assert hub.storage_requests == []
