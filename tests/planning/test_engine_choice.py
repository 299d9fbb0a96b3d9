"""Which engine versions a plan can be asked for."""

import pytest
from packaging.version import Version

from neuroscale.errors import InvalidInputError
from neuroscale.planning.engine_choice import read_engine_version
from neuroscale.planning.planner import DEFAULT_ENGINE_VERSION


@pytest.mark.parametrize("engine", ["vllm@0.1.0", "vllm@0.8.4", "vllm@0.34.0", "vllm@99.0.0"])
def test_a_version_that_was_not_read_is_refused_with_those_that_were(engine: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        read_engine_version(engine)
    assert error.value.field == "engine"
    assert error.value.fix == "use a release from 0.8.5 to 0.33.0"


@pytest.mark.parametrize("engine", ["vllm@0.33", "vllm@0.33.0rc1", "vllm@0.33.0+cu130", "vllm@v0", "vllm@soon"])
def test_what_no_image_is_tagged_with_is_refused(engine: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        read_engine_version(engine)
    assert error.value.fix == "use vllm@0.33.0"


def test_a_release_is_taken_as_it_is_called() -> None:
    assert read_engine_version("vllm@0.30.0") == Version("0.30.0")
    assert read_engine_version("vllm") == DEFAULT_ENGINE_VERSION
