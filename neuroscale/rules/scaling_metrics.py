"""The metrics an autoscaler follows, one by one, with where each is written and the query it stands in."""

from collections.abc import Iterator
from dataclasses import dataclass

from neuroscale.engines.metric_answers import answer_metric
from neuroscale.engines.settings import ANY_VARIABLE, EngineSettings
from neuroscale.manifests.autoscaler import Autoscaler, ScalingSignal
from neuroscale.manifests.object import FieldPath
from neuroscale.manifests.prometheus_query import PrometheusQuery, SeriesSelector, read_prometheus_query
from neuroscale.rules.language_models import serves_language_model
from neuroscale.rules.subject import ScaledEndpoint

# Sources whose names pass through an adapter, which may rename them.
_ADAPTED_SOURCES = frozenset({"external", "pods", "object"})
_ADAPTED_KIND = "HorizontalPodAutoscaler"
_PROMETHEUS = "prometheus"
_LONGEST_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class FollowedMetric:
    """A metric that an autoscaler follows.

    Attributes:
        name: As the autoscaler names it.
        path: Where it is written.
        signal: The signal it belongs to.
        query: The PromQL query it stands in; None where the autoscaler names the metric itself.
        selector: Its selector in that query.
    """

    name: str
    path: FieldPath
    signal: ScalingSignal
    query: PrometheusQuery | None = None
    selector: SeriesSelector | None = None

    @property
    def is_adapted(self) -> bool:
        """Whether the name is an adapter's, which may differ from what is scraped."""
        return self.query is None


def can_scale(autoscaler: Autoscaler) -> bool:
    """Whether the number of replicas can change at all."""
    if autoscaler.is_paused:
        return False
    return autoscaler.maximum_replicas is None or autoscaler.maximum_replicas != autoscaler.minimum_replicas


def followed_metrics(autoscaler: Autoscaler) -> Iterator[FollowedMetric]:
    """Yield the metrics that the signals of an autoscaler name; nothing for signals that name none."""
    for signal in autoscaler.signals:
        path = signal.query_path or signal.path
        if signal.source == _PROMETHEUS:
            query = read_prometheus_query(signal.query)
            for selector in () if query is None else dict.fromkeys(query.selectors):
                if 0 < len(selector.name) <= _LONGEST_NAME_CHARACTERS:
                    yield FollowedMetric(selector.name, path, signal, query, selector)
        elif (
            autoscaler.manifest.kind == _ADAPTED_KIND
            and signal.source in _ADAPTED_SOURCES
            and 0 < len(signal.name) <= _LONGEST_NAME_CHARACTERS
        ):
            yield FollowedMetric(signal.name, path, signal)


def engine_settings(endpoint: ScaledEndpoint) -> tuple[EngineSettings, ...]:
    """Return the settings of every engine of the endpoint; nothing where one of them is not known."""
    settings = [workload.settings for workload in endpoint.workloads if serves_language_model(workload)]
    if not settings or len(settings) != len(endpoint.workloads):
        return ()
    known = tuple(each for each in settings if each is not None)
    return known if len(known) == len(settings) else ()


def tells(settings: EngineSettings, option: str) -> bool:
    """Whether the manifest tells if an option is given: nothing unread may add it."""
    unread = (text for text in settings.unresolved if text == option or not text.startswith("--"))
    return (
        next(unread, None) is None
        and "--config" not in settings.unresolved
        and ANY_VARIABLE not in settings.hidden_environment
    )


def is_of_the_engines(name: str, settings: tuple[EngineSettings, ...]) -> bool:
    """Whether a name begins as the metrics of all these engines do."""
    answers = [answer_metric(name, each.engine, each.version) for each in settings]
    return bool(answers) and all(each.owner and each.standing != "of another engine" for each in answers)
