"""The page beside the files of an endpoint says what the plan says, and shows the memory that it draws."""

from xml.etree import ElementTree as ET

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.profile import make_profile
from neuroscale.hardware.catalogue import accelerator_by_name
from neuroscale.manifests.rendering.request import EndpointRequest
from neuroscale.planning.endpoint_page import PAGE_FILE, PICTURE_FILE, endpoint_page
from neuroscale.planning.explanation import plan_as_markdown
from neuroscale.planning.plan import Demand
from neuroscale.planning.planner import plan_serving

GEMMA = "google/gemma-4-26B-A4B"


def test_the_page_holds_the_plan_and_refers_to_its_picture() -> None:
    catalogue = load_catalogue()
    entry, architecture = catalogue.entry(GEMMA), catalogue.find(GEMMA)
    assert entry is not None
    assert architecture is not None
    result = plan_serving(architecture, Demand(8192, 8), (accelerator_by_name("h100-80gb-sxm"),))
    request = EndpointRequest(
        name="support-chat",
        namespace="production",
        owner="group:default/search",
        cost_center="cc-1",
        environment="production",
        profile=make_profile(GEMMA, entry.revision, entry.config),
    )

    files = {file.path: file.content for file in endpoint_page(request, result, architecture)}

    assert files[PAGE_FILE].startswith("# support-chat\n\nServes `google/gemma-4-26B-A4B` in production for search")
    assert f"]({PICTURE_FILE})" in files[PAGE_FILE]
    assert plan_as_markdown(result, architecture) in files[PAGE_FILE]
    assert ET.fromstring(files[PICTURE_FILE]).tag.endswith("svg")
