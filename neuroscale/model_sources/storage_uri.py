"""From where a configuration was read to where KServe takes the weights beside it from."""

from neuroscale.model_sources.location import ModelLocation, ObjectModel

_FILES = (".json", ".gguf", ".safetensors")


def storage_uri_of(location: ModelLocation) -> str | None:
    """Return the storage URI of the model that a location of an object store belongs to.

    Azure's is the address with its account, which KServe wants. None where the location does not say where the
    weights are: repositories of hubs are named without one, a web server serves files alone, and a directory may be
    mounted from anywhere.
    """
    if not isinstance(location, ObjectModel):
        return None
    directory = location.key.rpartition("/")[0] if location.key.endswith(_FILES) else location.key
    path = f"{location.bucket}/{directory}".rstrip("/")
    if location.scheme == "az":
        return None if location.account is None else f"https://{location.account}.blob.core.windows.net/{path}"
    return f"{location.scheme}://{path}"
