"""Which text names which source."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroscale.errors import InvalidInputError
from neuroscale.model_sources.location import (
    HubModel,
    LocalModel,
    NamedModel,
    ObjectModel,
    StandardInput,
    WebModel,
    parse_model_location,
)
from neuroscale.model_sources.storage_uri import storage_uri_of


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("google/gemma-4-26B-A4B", NamedModel("google/gemma-4-26B-A4B")),
        ("gpt2", NamedModel("gpt2")),
        ("org/name@main", HubModel("org/name", "main")),
        ("org/name:Q4_K_M", HubModel("org/name", quantization="Q4_K_M")),
        ("org/name:UD-Q4_K_XL", HubModel("org/name", quantization="UD-Q4_K_XL")),
        ("org/name:IQ4_NL@v2", HubModel("org/name", "v2", quantization="IQ4_NL")),
        ("org/name@refs/pr/7", HubModel("org/name", "refs/pr/7")),
        ("hf://org/name", HubModel("org/name")),
        ("hf://models/org/name", HubModel("org/name")),
        ("hf://org/name:v1.2", HubModel("org/name", "v1.2")),
        ("hf://org/name@v1.2", HubModel("org/name", "v1.2")),
        ("hf://org/name@main/model-Q4_K_M.gguf", HubModel("org/name", "main", "model-Q4_K_M.gguf")),
        ("hf://org/name@refs/pr/7/config.json", HubModel("org/name", "refs/pr/7", "config.json")),
        ("hf://org/name/sub/model.gguf", HubModel("org/name", None, "sub/model.gguf")),
        ("https://huggingface.co/org/name", HubModel("org/name")),
        ("https://hf.co/org/name/blob/main/config.json", HubModel("org/name", "main", "config.json")),
        ("s3://models/llama/8b/", ObjectModel("s3", None, "models", "llama/8b")),
        ("gs://models/config.json", ObjectModel("gs", None, "models", "config.json")),
        ("az://models", ObjectModel("az", None, "models", "")),
        ("https://acct1.blob.core.windows.net/models/llama", ObjectModel("az", "acct1", "models", "llama")),
        ("https://models.example.com/llama/config.json", WebModel("models.example.com", 443, "/llama/config.json")),
        ("https://Models.Example.com.:8443/a", WebModel("models.example.com", 8443, "/a")),
        ("/mnt/models/llama", LocalModel(Path("/mnt/models/llama"))),
        ("./llama", LocalModel(Path("llama"))),
        ("file:///mnt/models/my%20llama", LocalModel(Path("/mnt/models/my llama"))),
        ("configs/llama.json", LocalModel(Path("configs/llama.json"))),
        ("model.gguf", LocalModel(Path("model.gguf"))),
        ("-", StandardInput()),
    ],
)
def test_a_text_names_one_place(text: str, location: object) -> None:
    assert parse_model_location(text) == location


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "names no model"),
        ("a/b/c", "names no model"),
        ("org/name@", "the revision"),
        ("org/name@../../x", "the revision"),
        ("org/name:", "names no model"),
        ("org/name:main", "'main' is no GGUF quantisation"),
        ("org/name:Q9_K", "'Q9_K' is no GGUF quantisation"),
        ("org/name:Q4_K_XXXL", "'Q4_K_XXXL' is no GGUF quantisation"),
        ("org/name:a/b-Q4_K", "'a/b-Q4_K' is no GGUF quantisation"),
        ("hf://org", "names no model repository"),
        ("hf://datasets/org/name", "names no model repository"),
        ("hf://org/name/../other", "no plain name"),
        ("s3:///key", "names no bucket"),
        ("s3://Models/key", "names no bucket"),
        ("s3://models/../other", "no plain name"),
        ("s3://models/%2e%2e/other", "no plain name"),
        ("http://models.example.com/config.json", "is not encrypted"),
        ("https://", "is no address"),
        ("https://[::1", "is no address"),
        ("https://host:99999/", "is no address"),
        ("https://host/a%2f..%2fb", "no plain name"),
        ("https://user:secret@host/config.json", "carries a credential"),
        ("https://host/config.json?X-Amz-Signature=secret", "has a query"),
        ("pvc://claim/model", "read by the cluster alone"),
        ("ftp://host/config.json", "is no source of models"),
        ("org/na\x1b[31mme", "must be printable"),
        ("x" * 3000, "must be printable and have at most"),
    ],
)
def test_what_names_nothing_is_refused_with_a_fix_and_without_its_secrets(text: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem) as refused:
        parse_model_location(text)
    assert refused.value.field == "model"
    assert refused.value.fix
    assert "secret" not in str(refused.value)
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("s3://models/llama/8b", "s3://models/llama/8b"),
        ("s3://models/llama/8b/config.json", "s3://models/llama/8b"),
        ("gs://models", "gs://models"),
        (
            "https://acct1.blob.core.windows.net/models/llama/model.safetensors",
            "https://acct1.blob.core.windows.net/models/llama",
        ),
        ("az://models/llama", None),
        ("org/name", None),
        ("hf://org/name@main", None),
        ("https://models.example.com/llama", None),
        ("/mnt/models/llama", None),
    ],
)
def test_a_place_in_an_object_store_is_where_the_weights_are(text: str, uri: str | None) -> None:
    assert storage_uri_of(parse_model_location(text)) == uri


@given(st.text(max_size=80) | st.from_regex(r"(hf|s3|gs|az|https|file)://[ -~]{0,60}", fullmatch=True))
def test_no_text_is_more_than_refused(text: str) -> None:
    try:
        location = parse_model_location(text)
    except InvalidInputError:
        return
    assert not isinstance(location, WebModel) or "/.." not in location.url
