"""Every link between documents leads somewhere, and every guide and every folder of code is listed."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    file.relative_to(PROJECT)
    for pattern in ("*.md", "docs/**/*.md", "deploy/**/*.md", "backstage-templates/**/*.md")
    for file in PROJECT.glob(pattern)
)
_ELSEWHERE = re.compile(r"[a-z]+:|\$")


def headings(document: str) -> set[str]:
    """Return the headings as links name them."""
    outside_of_code = re.sub(r"^(`{3,}).*?^\1$", "", document, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", outside_of_code, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def dead_links(file: Path) -> list[str]:
    """Return the links of a document that lead to no file, or to no heading of one."""
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", (PROJECT / file).read_text(encoding="utf-8")):
        if _ELSEWHERE.match(link):
            continue
        path, _, heading = link.partition("#")
        target = (PROJECT / file).parent / path if path else PROJECT / file
        if not target.exists() or (heading and heading not in headings(target.read_text(encoding="utf-8"))):
            dead.append(link)
    return dead


@pytest.mark.parametrize("file", DOCUMENTS, ids=str)
def test_every_link_leads_somewhere(file: Path) -> None:
    assert dead_links(file) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](absent.md) [b](#two) [c](#one) [d](page.md#one)\n", encoding="utf-8")
    assert dead_links(page) == ["absent.md", "#two"]


def test_the_readme_leads_to_every_guide() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    guides = [file.relative_to(PROJECT).as_posix() for file in (PROJECT / "docs").glob("*.md")]
    assert [guide for guide in guides if f"]({guide})" not in readme] == []


def test_the_layout_lists_every_package() -> None:
    layout = (PROJECT / "docs" / "development.md").read_text(encoding="utf-8")
    packages = [file.parent.relative_to(PROJECT).as_posix() for file in PROJECT.glob("neuroscale/*/__init__.py")]
    assert [package for package in packages if f"| `{package}` |" not in layout] == []


def test_every_target_of_the_makefile_is_described() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    layout = (PROJECT / "docs" / "development.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):.*##", makefile, flags=re.MULTILINE)) - {"help", "run"}
    assert [target for target in sorted(targets) if f"| `make {target}` |" not in layout] == []
