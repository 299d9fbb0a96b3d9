"""Markdown as HTML: the words of an action's summary, shown on a page."""

from markdown_it import MarkdownIt

# What a stranger wrote, such as the name of a model, stays text: HTML and images in it are not let through.
_READER = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def words_as_html(markdown: str) -> str:
    """Return the HTML of a Markdown text with tables; HTML inside it is shown as it is written."""
    return str(_READER.render(markdown))
