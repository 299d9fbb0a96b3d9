"""Which resources the background audit watches: the webhook's, and the autoscalers, which nobody brings to it."""

from admission_webhook.cluster_view.resources import WATCHED_RESOURCES
from neuroscale.cluster.resources import HORIZONTAL_POD_AUTOSCALERS, SCALED_OBJECTS

AUDITED_RESOURCES = (*WATCHED_RESOURCES, HORIZONTAL_POD_AUTOSCALERS, SCALED_OBJECTS)
