"""Reads a model from wherever it is, under one set of permissions, bounds and secrets."""

import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore, Lock
from urllib.parse import urlsplit

from neuroscale.errors import InvalidInputError
from neuroscale.model_sources.address_policy import AddressPolicy
from neuroscale.model_sources.directory import open_local
from neuroscale.model_sources.errors import SourceBusyError
from neuroscale.model_sources.file_choice import choose_quantized
from neuroscale.model_sources.found_model import FoundModel
from neuroscale.model_sources.grants import Grant, check_granted, granted_hosts, is_granted
from neuroscale.model_sources.hub import HubConnection, hub_endpoint
from neuroscale.model_sources.limits import Deadline, Limits
from neuroscale.model_sources.location import (
    HubModel,
    LocalModel,
    ModelLocation,
    NamedModel,
    ObjectModel,
    StandardInput,
    WebModel,
)
from neuroscale.model_sources.object_store import open_object
from neuroscale.model_sources.reading import read_model_files
from neuroscale.model_sources.standard_input import StandardInputFiles
from neuroscale.model_sources.web import open_web
from neuroscale.model_sources.web_client import WebClient


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What may be read, and how.

    Attributes:
        grants: The only sources that may be read; None where the user may name any, as on the command line.
        listed_hosts: Web servers that may have private addresses.
        hub_token: Returns the token for the hub, None to ask without one.
        limits: Bounds on one reading.
        readings_at_once: Models that are read at the same time; one more is refused.
        kept_models: Models that are remembered.
        kept_seconds: How long they are.
    """

    grants: tuple[Grant, ...] | None = None
    listed_hosts: frozenset[str] = frozenset()
    hub_token: Callable[[], str | None] = field(default=lambda: None, repr=False)
    limits: Limits = field(default_factory=Limits)
    readings_at_once: int = 2
    kept_models: int = 256
    kept_seconds: float = 300.0


class ModelSources:
    """Reads models and remembers them for a while. Safe to use from several threads."""

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings
        self._places = BoundedSemaphore(settings.readings_at_once)
        self._kept: OrderedDict[ModelLocation, tuple[float, FoundModel]] = OrderedDict()
        self._lock = Lock()

    def may_read(self, location: ModelLocation) -> bool:
        """Tell whether a location is permitted."""
        grants = self._settings.grants
        return grants is None or is_granted(location, grants)

    def read(self, location: ModelLocation, *, field: str) -> FoundModel:
        """Read a model.

        Args:
            location: Where it is; a bare repository name is read from the hub.
            field: What errors name: the argument or the input field in which the location was written.

        Raises:
            SourceRefusedError: The location is not permitted, or leads where it must not.
            SourceAccessError: A token or credential is missing or not valid.
            SourceUnavailableError: The source does not answer.
            SourceBusyError: Too many models are being read.
            UnknownModelError: The source does not have the model.
            UnreadableInputError: A file is too large or not what it should be.
            InvalidInputError: The configuration has a value that no model can have.
        """
        if self._settings.grants is not None:
            check_granted(location, self._settings.grants, field)
        kept = self._remembered(location)
        if kept is not None:
            return kept
        if not self._places.acquire(blocking=False):
            raise SourceBusyError("too many models are being read", field=field, fix="try again in a moment")
        try:
            found = self._read(location, field)
        finally:
            self._places.release()
        self._remember(location, found)
        return found

    def _read(self, location: ModelLocation, field: str) -> FoundModel:
        limits = self._settings.limits
        deadline = Deadline(limits, field)
        match location:
            case NamedModel(repository):
                return self._read_hub(HubModel(repository), deadline, field)
            case HubModel():
                return self._read_hub(location, deadline, field)
            case ObjectModel():
                objects, name = open_object(location, deadline, field)
                return read_model_files(objects, name, limits, field)
            case WebModel():
                with closing(WebClient(self._web_policy(), deadline, field=field)) as client:
                    pages, name = open_web(location, client, field)
                    return read_model_files(pages, name, limits, field)
            case LocalModel():
                local, name = open_local(location, field)
                return read_model_files(local, name, limits, field)
            case StandardInput():
                if self._settings.grants is not None:
                    raise InvalidInputError("names no model", field=field)
                return read_model_files(StandardInputFiles(sys.stdin.buffer, field), "-", limits, field)

    def _read_hub(self, location: HubModel, deadline: Deadline, field: str) -> FoundModel:
        endpoint = hub_endpoint()
        policy = AddressPolicy(self._settings.listed_hosts | {(urlsplit(endpoint).hostname or "").lower()})
        with closing(WebClient(policy, deadline, field=field)) as client:
            connection = HubConnection(endpoint, self._settings.hub_token(), client, field)
            files = connection.open(location, self._settings.limits)
            if self._settings.grants is not None:
                # A repository that moved to another organisation is no longer the one that was permitted.
                check_granted(HubModel(files.repository), self._settings.grants, field)
            file = location.file
            if location.quantization is not None:
                file = choose_quantized(files.names(), location.quantization, field)
            found = read_model_files(files, file, self._settings.limits, field)
            return replace(found, repository=files.repository, revision=files.commit)

    def _web_policy(self) -> AddressPolicy:
        grants = self._settings.grants
        if grants is None:
            return AddressPolicy(self._settings.listed_hosts)
        return AddressPolicy(self._settings.listed_hosts | granted_hosts(grants), are_public_hosts_allowed=False)

    def _remembered(self, location: ModelLocation) -> FoundModel | None:
        with self._lock:
            kept = self._kept.get(location)
            if kept is None or kept[0] < time.monotonic():
                return None
            self._kept.move_to_end(location)
            return kept[1]

    def _remember(self, location: ModelLocation, found: FoundModel) -> None:
        # Files of this machine are as fast to read again, and are edited.
        if isinstance(location, LocalModel | StandardInput):
            return
        with self._lock:
            self._kept[location] = (time.monotonic() + self._settings.kept_seconds, found)
            self._kept.move_to_end(location)
            while len(self._kept) > self._settings.kept_models:
                self._kept.popitem(last=False)
