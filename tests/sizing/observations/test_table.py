"""The published table is that of the model and the data."""

from tests.sizing.observations.table import PAGE, main


def test_the_page_is_up_to_date() -> None:
    assert main(["--check", str(PAGE)]) == 0
