"""The page of an endpoint: its plan in words and its memory drawn, to stand beside the files in a repository."""

from neuroscale.architecture.model import ModelArchitecture
from neuroscale.manifests.rendering.endpoint import RenderedFile
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.pictures.svg import svg_document
from neuroscale.planning.explanation import plan_as_markdown
from neuroscale.planning.memory_picture import memory_drawing
from neuroscale.planning.plan import PlanningResult

PAGE_FILE = "README.md"
PICTURE_FILE = "memory.svg"


def endpoint_page(
    request: EndpointRequest, result: PlanningResult, architecture: ModelArchitecture
) -> tuple[RenderedFile, ...]:
    """Return a page that repositories show for the endpoint's folder, and the picture on it; no cluster reads them.

    Args:
        request: The endpoint as it was asked for.
        result: The plans, of which the first is rendered.
        architecture: The model.
    """
    drawing = memory_drawing(result.plans[:1], architecture)
    introduction = (
        f"Serves `{request.profile.repository}` in {request.environment} for {request.owner_label}, billed to "
        f"{request.cost_center}.\nThe files beside this page are rendered from the plan below."
    )
    picture = f"![{drawing.title}]({PICTURE_FILE})"
    page = "\n\n".join((f"# {request.name}", introduction, picture, plan_as_markdown(result, architecture)))
    return RenderedFile(PAGE_FILE, page), RenderedFile(PICTURE_FILE, svg_document(drawing))
