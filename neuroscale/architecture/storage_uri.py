"""Where KServe takes a model's weights from: the storage URIs that it serves a whole model of.

Source: KServe 0.20, `SupportedStorageURIPrefixList` and `AzureBlobURIRegEx` of the controller, and kserve_storage.
"""

import re

from neuroscale.errors import InvalidInputError

_MAXIMUM_LENGTH = 1024
_SCHEMES = ("hf", "s3", "gs", "hdfs", "webhdfs", "pvc", "oci")
# What is mounted, or is an image: nothing is downloaded to the disk of the pod.
_MOUNTED_SCHEMES = ("pvc://", "oci://")
_AZURE_BLOB = re.compile(r"https://[a-z0-9]{3,24}\.blob\.core\.windows\.net/[^/]+(?:/.*)?")
_CLAIM = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_PATH = re.compile(r"[A-Za-z0-9._~:@/+=,-]+")
_FORMS = (
    "write hf://ORGANISATION/NAME, s3://BUCKET/PATH, gs://BUCKET/PATH, pvc://CLAIM/PATH, oci://IMAGE, hdfs://, "
    "webhdfs:// or https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH"
)


def is_uri(name: str) -> bool:
    """Tell whether a model is named by where it is stored, and not by a repository."""
    return "://" in name


def is_mounted(uri: str) -> bool:
    """Tell whether KServe mounts what a storage URI names, so that it takes no room on the disk of the pod."""
    return uri.startswith(_MOUNTED_SCHEMES)


def check_storage_uri(uri: str, field: str) -> str:
    """Return the storage URI without a slash at its end.

    Raises:
        InvalidInputError: KServe downloads or mounts no model from it, or it carries a credential.
    """
    scheme, separator, rest = uri.partition("://")
    path = rest.rstrip("/")
    if len(uri) > _MAXIMUM_LENGTH or not separator or not path or _PATH.fullmatch(path) is None:
        raise _refused(field, "is no storage URI")
    if ".." in path.split("/"):
        raise _refused(field, "leads upwards")
    authority = path.partition("/")[0]
    if "@" in authority:
        raise _refused(field, "carries a credential", "give it to the service account of the pods instead")
    if scheme == "https":
        if _AZURE_BLOB.fullmatch(f"https://{path}") is None:
            raise _refused(field, "is one file for KServe, and a model is several", _FORMS)
    elif scheme == "az":
        raise _refused(
            field, "names no account", "write https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH, as KServe does"
        )
    elif scheme not in _SCHEMES:
        raise _refused(field, "is no source that KServe serves a model from")
    if scheme == "pvc" and _CLAIM.fullmatch(authority) is None:
        raise _refused(field, f"{authority[:40]!r} can be no claim's name", "write pvc://CLAIM/PATH")
    if scheme == "hf" and path.count("/") != 1:
        raise _refused(
            field, "names no repository", "write hf://ORGANISATION/NAME or hf://ORGANISATION/NAME:REVISION"
        )
    return f"{scheme}://{path}"


def _refused(field: str, problem: str, fix: str = _FORMS) -> InvalidInputError:
    return InvalidInputError(problem, field=field, fix=fix)
