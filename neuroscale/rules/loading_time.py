"""How long the weights of a model take to be there: estimates at rates that are kind."""

import math
from dataclasses import dataclass

from neuroscale.rules.stored_weights import engine_download, least_stored_bytes
from neuroscale.rules.subject import Deployment

_LOADED_BYTES_PER_SECOND = 2 * 10**9
_DOWNLOADED_BYTES_PER_SECOND = 10**10 // 8
_OTHER_START_SECONDS = 15


@dataclass(frozen=True, slots=True)
class LoadingTime:
    """What one pod needs before it serves.

    Attributes:
        weights_bytes: Stored bytes that the pod reads: its share, in a replica of several pods.
        loading_seconds: To read them at 2 GB/s.
        downloading_seconds: To download them at 10 Gbit/s; 0 where they are kept on a volume.
    """

    weights_bytes: int
    loading_seconds: int
    downloading_seconds: int

    @property
    def seconds(self) -> int:
        """All of it, with 15 seconds for everything else that an engine does before it serves."""
        return self.loading_seconds + self.downloading_seconds + _OTHER_START_SECONDS

    def told(self) -> str:
        """Return the figures in words."""
        downloaded = f" and {self.downloading_seconds} s to download them at 10 Gbit/s"
        return (
            f"{self.weights_bytes / 10**9:.0f} GB of weights take about {self.loading_seconds} s to read at 2 GB/s"
            f"{downloaded if self.downloading_seconds else ''}"
        )


def loading_time(deployment: Deployment) -> LoadingTime | None:
    """Return how long a pod takes to load its weights; None where their size is not known."""
    stored_bytes = least_stored_bytes(deployment)
    if stored_bytes is None:
        return None
    download = engine_download(deployment)
    own_bytes = stored_bytes // deployment.workload.pods_per_replica
    downloading = 0
    if download is not None and not download.is_kept:
        downloading = math.ceil(own_bytes / _DOWNLOADED_BYTES_PER_SECOND)
    return LoadingTime(own_bytes, math.ceil(own_bytes / _LOADED_BYTES_PER_SECOND), downloading)
