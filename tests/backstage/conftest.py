"""What the specifications share: a filled-in form."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rigs.github.fixtures import ModelsRepository

Form = dict[str, Any]


@pytest.fixture
def form(models_repository: ModelsRepository) -> Form:
    """A form that is filled in well, for a repository of this test."""
    values: Form = yaml.safe_load((Path(__file__).parent / "fixtures" / "form.yaml").read_text(encoding="utf-8"))
    return values | {"repoUrl": models_repository.repo_url}
