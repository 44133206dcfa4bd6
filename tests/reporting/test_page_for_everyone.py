"""The page in light and dark, on a desk and on a phone: complete, readable, accessible to all."""

import pytest
from browser import AXE, browser, errors_of, needs_axe, needs_browser

from pipeline.reporting.report import build_report, write_report

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
OVERFLOWING = """
return [...document.querySelectorAll("main *")].filter(thing => {
  const box = thing.getBoundingClientRect();
  return box.width && box.right > innerWidth + 1 && !thing.closest(".scroll");
}).map(thing => thing.outerHTML.slice(0, 80));
"""

pytestmark = [pytest.mark.slow, needs_browser]


@pytest.fixture(scope="module")
def address(whole_study, tmp_path_factory):
    return write_report(build_report(whole_study), tmp_path_factory.mktemp("page"))[0].as_uri()


@pytest.fixture(scope="module", params=[(s, d) for s in SIZES for d in (False, True)])
def page(address, request):
    size, dark = request.param
    with browser(*SIZES[size], dark=dark) as driver:
        driver.get(address)
        yield driver


def test_the_answer_is_in_the_first_screen_nothing_overflows_and_nothing_fails(page):
    bottom = "return document.querySelector('.headline').getBoundingClientRect().bottom"
    assert page.execute_script(bottom) < page.execute_script("return innerHeight")
    assert page.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    page.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.execute_script(OVERFLOWING) == []
    assert errors_of(page) == []


@needs_axe
def test_axe_has_nothing_to_object_to(page):
    page.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")
    page.execute_script(AXE.read_text(encoding="utf-8"))
    outcome = page.execute_async_script("axe.run().then(arguments[0])")
    assert len(outcome["passes"]) > 10
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in outcome["violations"]] == []
