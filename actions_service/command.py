"""The command line of the service."""

from pathlib import Path

import click
import uvloop
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from actions_service.action import Resources
from actions_service.callers import read_token_file
from actions_service.cost_settings import read_cost_resources
from actions_service.log import configure_logging
from actions_service.policy import PolicyFile
from actions_service.server import serve
from actions_service.settings import DEFAULT_CALLING_PLUGINS, Settings
from actions_service.source_settings import read_model_sources
from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile_trust import read_public_keys
from neuroscale.base_address import check_base_address
from neuroscale.errors import InvalidInputError, NeuroScaleError, UnreadableInputError
from neuroscale.hardware.accelerator import Accelerator
from neuroscale.hardware.catalogue import accelerator_by_name, load_accelerators
from neuroscale.manifests.llm_presets import presets_of
from neuroscale.manifests.rendering.monitoring import (
    MONITORING_FILES,
    Monitoring,
    MonitoringFiles,
    read_monitoring_labels,
)
from neuroscale.manifests.rendering.request import DEFAULT_PROMETHEUS_ADDRESS

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    context_settings={"auto_envvar_prefix": "NEUROSCALE", "max_content_width": 110, "show_default": True}
)
@click.option("--host", default="127.0.0.1", show_envvar=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_envvar=True, help="Port; 0 takes a free one."
)
@click.option(
    "--backstage-url",
    show_envvar=True,
    help="Base address of the Backstage backend; its plugin tokens are verified and accepted.",
)
@click.option(
    "--calling-plugin",
    "calling_plugins",
    multiple=True,
    default=DEFAULT_CALLING_PLUGINS,
    show_envvar=True,
    help="Backstage plugin that may call. Repeatable.",
)
@click.option("--token-file", type=_FILE, show_envvar=True, help="Accepted bearer tokens, one a line.")
@click.option(
    "--profile-key",
    type=_FILE,
    show_envvar=True,
    help="Ed25519 private key (PEM) that signs the model profiles of rendered endpoints.",
)
@click.option(
    "--profile-public-key",
    "profile_public_keys",
    multiple=True,
    type=_FILE,
    envvar="NEUROSCALE_PROFILE_PUBLIC_KEYS",
    show_envvar=True,
    help="Ed25519 public key (PEM) whose signature on a model profile is trusted, beside that of --profile-key. "
    "Repeatable.",
)
@click.option(
    "--accelerator",
    "accelerators",
    multiple=True,
    envvar="NEUROSCALE_ACCELERATORS",
    show_envvar=True,
    show_default="all that are known",
    help="Kind that the platform offers. Repeatable.",
)
@click.option(
    "--prometheus",
    default=DEFAULT_PROMETHEUS_ADDRESS,
    show_envvar=True,
    help="Where the autoscalers of rendered endpoints ask for the engine's metrics.",
)
@click.option(
    "--monitoring",
    type=click.Choice(MONITORING_FILES),
    default="all",
    show_envvar=True,
    help="Objects of the Prometheus operator that endpoints bring along: a PodMonitor and a PrometheusRule, the "
    "rule alone where every endpoint is scraped already, or none.",
)
@click.option(
    "--monitoring-label",
    "monitoring_labels",
    multiple=True,
    envvar="NEUROSCALE_MONITORING_LABELS",
    show_envvar=True,
    show_default="none",
    help="NAME=VALUE that the platform's Prometheus selects monitors and rules by. Repeatable.",
)
@click.option(
    "--kserve",
    show_envvar=True,
    show_default="the newest known",
    help="Release of KServe in the clusters, e.g. 0.20.0.",
)
@click.option(
    "--model-source",
    "model_sources",
    multiple=True,
    envvar="NEUROSCALE_MODEL_SOURCES",
    show_envvar=True,
    show_default="none",
    help="Source that models may be read from: hf://, hf://ORGANISATION, s3://BUCKET, gs://BUCKET, az://CONTAINER, "
    "https://HOST or a directory, each with a path if need be. Repeatable.",
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    envvar="NEUROSCALE_ALLOWED_HOSTS",
    show_envvar=True,
    show_default="none",
    help="Host of a source that may have a private address, such as a mirror's file store. Repeatable.",
)
@click.option(
    "--hub-token-file", type=_FILE, show_envvar=True, help="Token with which the hub is read, alone in the file."
)
@click.option(
    "--model-source-seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_envvar=True,
    help="Longest time to read one model from its source.",
)
@click.option(
    "--model-source-readings",
    type=click.IntRange(1, 64),
    default=2,
    show_envvar=True,
    help="Models read from sources at the same time; one more is refused with 503.",
)
@click.option(
    "--policy",
    type=_FILE,
    show_envvar=True,
    help="The platform's exceptions and severities: a RulePolicy, usually a mounted ConfigMap. Read again when it "
    "changes.",
)
@click.option(
    "--prices",
    type=_FILE,
    show_envvar=True,
    help="The platform's price book, usually a mounted ConfigMap. Read again when it changes.",
)
@click.option("--region", show_envvar=True, help="Region whose prices hold where an input names none.")
@click.option(
    "--opencost", show_envvar=True, help="OpenCost that usage is read from: http://opencost.opencost:9003."
)
@click.option("--opencost-token-file", type=_FILE, show_envvar=True, help="Bearer token for it, alone in the file.")
@click.option(
    "--usage-prometheus",
    show_envvar=True,
    help="Prometheus that the tokens which engines counted are read from.",
)
@click.option(
    "--usage-prometheus-token-file", type=_FILE, show_envvar=True, help="Bearer token for it, alone in the file."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=4,
    show_envvar=True,
    help="Actions computed at the same time; one more is refused with 503.",
)
@click.option(
    "--action-deadline-seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_envvar=True,
    help="Longest time a caller waits for an action.",
)
@click.option(
    "--drain-seconds",
    type=click.FloatRange(min=0),
    default=3.0,
    show_envvar=True,
    help="How long to answer on after SIGTERM, not ready, so that load balancers notice.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_envvar=True,
    help="Least grave log lines to write.",
)
def main(
    host: str,
    port: int,
    backstage_url: str | None,
    calling_plugins: tuple[str, ...],
    token_file: Path | None,
    profile_key: Path | None,
    profile_public_keys: tuple[Path, ...],
    accelerators: tuple[str, ...],
    prometheus: str,
    monitoring: MonitoringFiles,
    monitoring_labels: tuple[str, ...],
    kserve: str | None,
    model_sources: tuple[str, ...],
    allowed_hosts: tuple[str, ...],
    hub_token_file: Path | None,
    model_source_seconds: float,
    model_source_readings: int,
    policy: Path | None,
    prices: Path | None,
    region: str | None,
    opencost: str | None,
    opencost_token_file: Path | None,
    usage_prometheus: str | None,
    usage_prometheus_token_file: Path | None,
    workers: int,
    action_deadline_seconds: float,
    drain_seconds: float,
    log_level: str,
) -> None:
    """Serve NeuroScale's actions to Backstage and over plain HTTP.

    Without --backstage-url and without --token-file only callers on this machine are served.
    """
    configure_logging(log_level)
    try:
        settings = Settings(
            resources=Resources(
                catalogue=load_catalogue(),
                profile_key=read_profile_key(profile_key) if profile_key else None,
                profile_public_keys=read_public_keys(profile_public_keys),
                accelerators=read_offered_accelerators(accelerators),
                prometheus_address=check_base_address(prometheus, "--prometheus"),
                monitoring=Monitoring(monitoring, read_monitoring_labels(monitoring_labels, "--monitoring-label")),
                kserve_version=None if kserve is None else read_kserve_release(kserve),
                costs=read_cost_resources(
                    prices,
                    region,
                    opencost,
                    opencost_token_file,
                    usage_prometheus,
                    usage_prometheus_token_file,
                ),
                sources=read_model_sources(
                    model_sources, allowed_hosts, hub_token_file, model_source_seconds, model_source_readings
                ),
                policy=PolicyFile(policy).current if policy else None,
            ),
            backstage_url=check_base_address(backstage_url, "--backstage-url") if backstage_url else None,
            calling_plugins=frozenset(calling_plugins),
            token_digests=read_token_file(token_file) if token_file else (),
            worker_limit=workers,
            action_deadline_seconds=action_deadline_seconds,
        )
    except NeuroScaleError as error:
        raise click.UsageError(str(error)) from None
    try:
        uvloop.run(serve(settings, host=host, port=port, drain_seconds=drain_seconds))
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror or error}") from None


def read_offered_accelerators(names: tuple[str, ...]) -> tuple[Accelerator, ...]:
    """Return the accelerators with these names, all that are known without any.

    Raises:
        InvalidInputError: A name is not known; the message lists those that are.
    """
    return tuple(accelerator_by_name(name) for name in names) or tuple(load_accelerators().values())


def read_kserve_release(written: str) -> str:
    """Return the release of KServe without a leading "v".

    Raises:
        InvalidInputError: It is none.
    """
    presets_of(written)
    return written.removeprefix("v")


def read_profile_key(path: Path) -> Ed25519PrivateKey:
    """Return the signing key of a PEM file.

    Raises:
        UnreadableInputError: The file cannot be read.
        InvalidInputError: It holds no unencrypted Ed25519 private key.
    """
    fix = "make one with: openssl genpkey -algorithm ed25519"
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise UnreadableInputError(
            f"cannot read {path}: {error.strerror or error}", field="--profile-key"
        ) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidInputError(
            f"{path} holds no unencrypted private key in PEM form", field="--profile-key", fix=fix
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInputError(f"{path} does not hold an Ed25519 key", field="--profile-key", fix=fix)
    return key
