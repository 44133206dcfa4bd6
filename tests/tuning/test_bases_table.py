"""The page of bases and methods says what the methods answer."""

import pytest
from bases_table import page


@pytest.mark.slow  # every base with every method: some two hundred networks
def test_the_page_of_bases_is_what_the_methods_answer(repository, tmp_path):
    assert (repository / "docs" / "bases.md").read_text() == page(tmp_path)
