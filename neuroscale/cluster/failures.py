"""What went wrong between us and the API server, in one line with the fix."""

import ssl

import aiohttp

from neuroscale.cluster.connection import ApiStatusError
from neuroscale.errors import NeuroScaleError, UnreadableInputError

FAILURES = (ApiStatusError, aiohttp.ClientError, TimeoutError, OSError, ValueError)

_BY_STATUS = {
    400: ("the API server does not understand the request", "check the spelling of --selector"),
    401: (
        "the API server does not accept the credentials",
        "log in again, or give --kubeconfig and --kube-context of a user that it knows",
    ),
    403: ("the API server forbids it", "grant get and list on the kinds that are read; docs/audit.md has the role"),
}


def explained(error: Exception, server: str) -> NeuroScaleError:
    """Return the error that a user can act on.

    Args:
        error: One of `FAILURES`.
        server: Address of the API server.
    """
    if isinstance(error, ApiStatusError):
        message, fix = _BY_STATUS.get(error.status, ("the API server failed", "try again later"))
        return UnreadableInputError(f"{message} ({error})", field=server, fix=fix)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _certificate(error.certificate_error, server)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return UnreadableInputError(
            "the TLS handshake failed", field=server, fix="check the client certificate and the server's address"
        )
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = error.os_error.strerror or type(error.os_error).__name__
        return UnreadableInputError(
            f"no connection: {reason}",
            field=server,
            fix="check that the cluster runs at this address",
        )
    if isinstance(error, TimeoutError):
        return UnreadableInputError(
            "no answer in time", field=server, fix="give a longer --timeout, or --namespace"
        )
    if isinstance(error, aiohttp.ClientError):
        return UnreadableInputError(
            f"the connection failed ({type(error).__name__})", field=server, fix="try again later"
        )
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return UnreadableInputError(
            f"the credentials cannot be read: {reason}",
            field=server,
            fix="check the files of the kubeconfig",
        )
    return UnreadableInputError(
        "what answers is no API server: it sent no JSON object", field=server, fix="check the server's address"
    )


def _certificate(error: Exception, server: str) -> NeuroScaleError:
    reason = getattr(error, "verify_message", "") or "it cannot be verified"
    is_expired = "expired" in reason
    fix = (
        "have the server's certificate renewed"
        if is_expired
        else "give the authority that signed it in the kubeconfig (certificate-authority)"
    )
    return UnreadableInputError(f"the API server's certificate is not accepted: {reason}", field=server, fix=fix)
