"""The first judgement, before the first review: it loads what the rules need, or stops the start."""

from importlib.resources import files

from admission_webhook.judgement import Judge
from neuroscale.architecture.towers import towers_by_model_type
from neuroscale.manifests.documents import load_manifests
from neuroscale.rules.subject import ClusterFacts, ModelSource


def warm_up(judge: Judge, models: ModelSource) -> None:
    """Judge sample objects of the main kinds.

    Tables are loaded and patterns compiled at their first use, which takes a hundred times as long as a judgement.
    An error in a rule ends the process here, where a rollout stops at it, instead of failing every review.
    """
    text = files("admission_webhook").joinpath("warm_up.yaml").read_text(encoding="utf-8")
    towers_by_model_type()
    judge(load_manifests(text, "warm_up.yaml"), ClusterFacts(models=models))
