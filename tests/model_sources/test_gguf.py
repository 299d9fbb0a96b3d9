"""GGUF files are answered from their headers: exact counts, stored bytes, and the family where it is known."""

import json
import struct
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import gguf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from neuroscale.architecture.families import families_by_model_type
from neuroscale.architecture.reader import read_architecture
from neuroscale.errors import InvalidInputError, NeuroScaleError, UnknownModelError, UnreadableInputError
from neuroscale.model_sources.file_choice import choose_quantized
from neuroscale.model_sources.gguf_header import read_gguf_header
from neuroscale.model_sources.limits import Limits
from neuroscale.sizing.checkpoint import checkpoint_bytes, checkpoint_bytes_by_component
from tests.model_sources import weights
from tests.model_sources.conftest import Read
from tests.model_sources.hub import TOKEN, Hub, Repository

DATA = files("neuroscale.model_sources").joinpath("data")


def test_a_known_family_is_read_as_its_config_would_be(hub: Hub, read: Read, tmp_path: Path) -> None:
    content = weights.gguf_llama(tmp_path / "llama.gguf")
    hub.repositories["acme/llama-GGUF"] = Repository({"llama-Q8_0.gguf": content, "mmproj-llama.gguf": b"tower"})
    found = read("hf://acme/llama-GGUF")
    architecture = found.architecture
    assert architecture.parameters is not None
    assert architecture.parameters.total == weights.LLAMA_PARAMETERS
    assert (architecture.model_type, architecture.is_mixture_of_experts, architecture.unread) == (
        "llama",
        False,
        (),
    )
    assert architecture.attention is not None
    assert [(group.layers, group.kv_heads) for group in architecture.attention.groups] == [(2, 2)]
    assert architecture.quantization is not None
    assert (architecture.quantization.method, architecture.quantization.weight_bits) == ("gguf", 8.5)
    assert found.config is not None
    assert found.config["quantization_config"] == {"quant_method": "gguf", "bits": 8.5}
    assert found.weights is not None
    assert found.weights.parameters == weights.LLAMA_PARAMETERS
    vectors = weights.HIDDEN * (1 + 2 * weights.LAYERS)
    matrices = weights.LLAMA_PARAMETERS - vectors
    rope = weights.WIDTH // 2
    assert found.weights.bytes_by_type == (("Q8_0", matrices // 32 * 34), ("F32", 4 * (vectors + rope)))


def test_experts_are_counted_exactly(hub: Hub, read: Read, tmp_path: Path) -> None:
    content = weights.gguf_mixture(tmp_path / "moe.gguf")
    hub.repositories["acme/moe-GGUF"] = Repository({"moe.gguf": content})
    found = read("hf://acme/moe-GGUF")
    architecture = found.architecture
    assert architecture.parameters is not None
    assert architecture.experts is not None
    assert (architecture.parameters.total, architecture.parameters.routed_experts) == (
        weights.QWEN3_MOE_PARAMETERS,
        weights.ROUTED,
    )
    assert (architecture.experts.routed_experts, architecture.experts.experts_per_token) == (8, 2)
    assert architecture.active_parameters == weights.QWEN3_MOE_PARAMETERS - weights.ROUTED * 6 // 8
    assert (architecture.tied_embeddings, architecture.unread) == (True, ())


def test_a_family_that_is_not_described_still_gets_exact_counts(read: Read, tmp_path: Path) -> None:
    weights.gguf_mixture(tmp_path / "moe.gguf", family="grok")
    architecture = read(f"{tmp_path}/moe.gguf").architecture
    assert architecture.parameters is not None
    assert architecture.experts is not None
    assert architecture.parameters.total == weights.QWEN3_MOE_PARAMETERS
    assert architecture.experts.expert_intermediate_size == weights.EXPERT_WIDTH
    assert (architecture.experts.moe_layers, architecture.experts.matrices_per_expert) == (2, 3)
    assert architecture.active_parameters == weights.QWEN3_MOE_PARAMETERS - weights.ROUTED * 6 // 8
    assert architecture.unread == (
        "The GGUF family 'grok' is not described: the shape of the KV cache was not read.",
    )


def test_counts_that_disagree_are_those_of_the_file_and_said_so(read: Read, tmp_path: Path) -> None:
    extra = {"blk.0.attn_gate.weight": weights.zeros(weights.HIDDEN, weights.HIDDEN)}
    weights.gguf_llama(tmp_path / "odd.gguf", extra=extra)
    architecture = read(f"{tmp_path}/odd.gguf").architecture
    assert architecture.parameters is not None
    assert architecture.parameters.total == weights.LLAMA_PARAMETERS + weights.HIDDEN**2
    (sentence,) = architecture.unread
    assert f"{weights.LLAMA_PARAMETERS:,} parameters" in sentence
    assert f"{weights.LLAMA_PARAMETERS + weights.HIDDEN**2:,}" in sentence


def test_weights_are_never_downloaded(hub: Hub, read: Read, tmp_path: Path) -> None:
    header = weights.gguf_llama(tmp_path / "llama.gguf")
    large = header + bytes(8 << 20)
    hub.repositories["acme/large-GGUF"] = Repository({"large.gguf": large}, is_gated=True)
    read("hf://acme/large-GGUF", token=TOKEN)
    ((path, authorization, asked),) = hub.storage_requests
    assert (path, asked) == ("/acme/large-GGUF/large.gguf", f"bytes=0-{512 * 1024 - 1}")
    assert authorization is None, "the token stays with the hub"


def test_one_of_several_files_has_to_be_named(hub: Hub, read: Read, tmp_path: Path) -> None:
    content = weights.gguf_llama(tmp_path / "llama.gguf")
    names = [f"llama-Q{bits}_K.gguf" for bits in range(1, 10)] + ["BF16/llama-BF16.gguf"]
    hub.repositories["acme/llama-GGUF"] = Repository(dict.fromkeys(names, content))
    with pytest.raises(
        InvalidInputError, match=r"has 10 GGUF models: BF16/llama-BF16\.gguf, .* and 2 more"
    ) as refused:
        read("hf://acme/llama-GGUF")
    assert refused.value.fix is not None
    assert "hf://organisation/name/FILE.gguf" in refused.value.fix
    assert read("hf://acme/llama-GGUF/BF16/llama-BF16.gguf").architecture.model_type == "llama"


def test_a_quantisation_names_its_file(hub: Hub, read: Read, tmp_path: Path) -> None:
    content = weights.gguf_llama(tmp_path / "llama.gguf")
    hub.repositories["acme/llama-GGUF"] = Repository(
        {
            "config.json": b"{}",
            "llama-Q8_0.gguf": content,
            "llama-Q4_K_M.gguf": b"another",
            "mmproj-Q8_0.gguf": b"tower",
        }
    )
    found = read("acme/llama-GGUF:Q8_0")
    assert found.provenance.startswith("header of llama-Q8_0.gguf of acme/llama-GGUF at commit ")
    assert found.architecture.parameters is not None
    assert found.architecture.parameters.total == weights.LLAMA_PARAMETERS


@pytest.mark.parametrize(
    ("names", "quantization", "chosen"),
    [
        (("a-Q4_K_M.gguf", "a-Q4_K_S.gguf"), "Q4_K_S", "a-Q4_K_S.gguf"),
        (("a-UD-Q4_K_XL.gguf", "a-Q4_K_M.gguf"), "UD-Q4_K_XL", "a-UD-Q4_K_XL.gguf"),
        (("a-BF16-00002-of-00002.gguf", "a-BF16-00001-of-00002.gguf"), "BF16", "a-BF16-00001-of-00002.gguf"),
        (("Q8_0/a-Q8_0-00001-of-00002.gguf", "a-Q4_0.gguf"), "Q8_0", "Q8_0/a-Q8_0-00001-of-00002.gguf"),
        (("mmproj-F16.gguf", "a-model-F16.gguf"), "F16", "a-model-F16.gguf"),
    ],
)
def test_the_file_of_a_quantisation_is_the_one_that_the_engine_takes(
    names: tuple[str, ...], quantization: str, chosen: str
) -> None:
    assert choose_quantized(names, quantization, "model") == chosen


@pytest.mark.parametrize(
    ("names", "fix"),
    [
        (
            ("a-Q8_0.gguf", "a-Q4_K_M-00001-of-00002.gguf", "a-Q4_K_M-00002-of-00002.gguf", "mmproj-F16.gguf"),
            "name one of Q4_K_M, Q8_0",
        ),
        (("a.Q5_K_M.gguf",), "name one of its files, such as hf://organisation/name/a.Q5_K_M.gguf"),
        (("config.json",), "name a repository with GGUF files"),
    ],
)
def test_a_quantisation_that_is_absent_is_told_with_those_that_exist(names: tuple[str, ...], fix: str) -> None:
    with pytest.raises(UnknownModelError, match=r"has no GGUF file whose name ends in -Q5_K_M\.gguf") as absent:
        choose_quantized(names, "Q5_K_M", "model")
    assert absent.value.fix == fix


def test_the_stored_bytes_are_told_by_component(read: Read, tmp_path: Path) -> None:
    weights.gguf_mixture(tmp_path / "moe.gguf")
    stored = read(f"{tmp_path}/moe.gguf").weights
    assert stored is not None
    by_component = dict(stored.bytes_by_component)
    assert by_component["routed_experts"] == weights.ROUTED * 34 // 32
    assert sum(by_component.values()) == stored.stored_bytes


def test_the_weight_bytes_follow_from_the_bits_of_the_header(read: Read, tmp_path: Path) -> None:
    weights.gguf_mixture(tmp_path / "moe.gguf")
    found = read(f"{tmp_path}/moe.gguf")
    assert found.weights is not None
    assert found.config is not None
    for architecture in (found.architecture, read_architecture(found.config)):
        bounds = checkpoint_bytes(architecture)
        assert bounds is not None
        assert bounds.optimistic_bytes <= found.weights.stored_bytes <= bounds.pessimistic_bytes
        components = checkpoint_bytes_by_component(architecture)
        assert components is not None
        assert components["routed_experts"].optimistic_bytes == weights.ROUTED * 34 // 32


def test_the_parts_of_a_split_file_are_one_model(read: Read, tmp_path: Path) -> None:
    first, second = tmp_path / "m-00001-of-00002.gguf", tmp_path / "m-00002-of-00002.gguf"
    weights.gguf_llama(first)
    writer = gguf.GGUFWriter(second, "llama")
    writer.add_tensor("blk.0.attn_extra.weight", weights.zeros(32, 32).astype("float32"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found = read(str(tmp_path))
    assert found.weights is not None
    assert (found.weights.files, found.weights.parameters) == (2, weights.LLAMA_PARAMETERS + 32 * 32)
    second.unlink()
    with pytest.raises(UnreadableInputError, match="No such file"):
        read(str(first))


def test_the_table_of_types_is_the_formats_own() -> None:
    table = json.loads(DATA.joinpath("ggml_types.json").read_text("utf-8"))
    Draft7Validator(json.loads(DATA.joinpath("ggml_types.schema.json").read_text("utf-8"))).validate(table)
    ours = {(row["number"], row["name"], row["weights"], row["bytes"]) for row in table["types"]}
    theirs = {(int(kind), kind.name, *sizes) for kind, sizes in gguf.GGML_QUANT_SIZES.items()}
    assert ours == theirs


def test_every_family_of_the_table_has_a_reader() -> None:
    table = json.loads(DATA.joinpath("gguf_families.json").read_text("utf-8"))
    Draft7Validator(json.loads(DATA.joinpath("gguf_families.schema.json").read_text("utf-8"))).validate(table)
    names = set(gguf.MODEL_ARCH_NAMES.values())
    for name, family in table["families"].items():
        assert name.partition(" with ")[0] in names
        assert family["class_name"] in families_by_model_type()[family["model_type"]].class_names


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ends inside its header"),
        (b"<!DOCTYPE html><html>", "does not begin as one"),
        (b"GGUF" + struct.pack("<I", 1) + bytes(64), "version 1 is not known"),
        (b"GGUF" + struct.pack(">I", 3) + bytes(64), "version 50331648 is not known"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0), "tensors are more than any model has"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "metadata keys are more than any model has"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**62), "bytes of a text are more"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"k" + struct.pack("<I", 77), "the unknown kind 77"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"k" + struct.pack("<IIQ", 9, 9, 5), "a list of the unknown"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 1, 0, 1) + b"t" + struct.pack("<I", 9), "9 dimensions"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 1, 0, 1) + b"t" + struct.pack("<IQIQ", 1, 33, 8, 0), "impossible size"),
        (
            b"GGUF" + struct.pack("<IQQQ", 3, 1, 0, 1) + b"t" + struct.pack("<IQIQ", 1, 32, 999, 0),
            "unknown type 999",
        ),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 0), "without general.architecture"),
    ],
)
def test_what_is_no_gguf_file_is_told(read: Read, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "model.gguf").write_bytes(content)
    with pytest.raises(NeuroScaleError, match=message):
        read(f"{tmp_path}/model.gguf")


def test_a_header_is_bounded(read: Read, tmp_path: Path) -> None:
    weights.gguf_llama(tmp_path / "llama.gguf")
    with pytest.raises(UnreadableInputError, match="headers of its weights are larger than 1024 bytes"):
        read(f"{tmp_path}/llama.gguf", limits=Limits(header_bytes=1024))


def test_a_named_file_that_is_absent_is_told(hub: Hub, read: Read) -> None:
    hub.repositories["acme/llama-GGUF"] = Repository({"README.md": b""})
    with pytest.raises(UnknownModelError, match=r"there is no file other\.gguf"):
        read("hf://acme/llama-GGUF/other.gguf")


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_damage_is_more_than_refused(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    content = bytearray(_undamaged(tmp_path_factory))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, 2000))] = data.draw(st.integers(0, 255))
    with suppress(UnreadableInputError):
        read_gguf_header(lambda offset, length: bytes(content[offset : offset + length]), lambda _: None, "model")


_CONTENT: list[bytes] = []


def _undamaged(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    if not _CONTENT:
        _CONTENT.append(weights.gguf_llama(tmp_path_factory.mktemp("gguf") / "llama.gguf"))
    return _CONTENT[0]
