"""The page in a real browser: how long it is, whether anything overflows, how it prints."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from pipeline.reporting.report import build_report, write_report

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
#: Adds what was measured to the page, where --dump-dom shows it.
MEASURE = """<script>addEventListener("load", () => {
  const box = document.createElement("pre"), page = document.documentElement;
  box.id = "measured";
  box.textContent = JSON.stringify({
    answer: document.querySelector(".headline").getBoundingClientRect().bottom,
    folded: document.querySelector("#folded").getBoundingClientRect().top,
    width: page.scrollWidth, inside: innerWidth,
    spilt: [...document.querySelectorAll(".columns > *")]
      .filter(column => column.scrollWidth > column.clientWidth).length,
    broken: [...document.images].filter(image => !image.naturalWidth).length,
    gone: [...document.querySelectorAll('a[href^="#"]')]
      .filter(link => !document.getElementById(link.hash.slice(1))).length,
  });
  document.body.append(box);
});</script></body>"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def page(whole_study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    path = write_report(build_report(whole_study), folder)[0]
    (folder / "measured.html").write_text(path.read_text().replace("</body>", MEASURE))
    return path


def browse(*arguments):
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command = [BROWSER, *flags, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def measure(page, width, height):
    size = f"--window-size={width},{height}"
    address = (page.parent / "measured.html").as_uri()
    visible = browse(size, "--virtual-time-budget=3000", "--dump-dom", address).stdout
    measured = re.search(r'<pre id="measured">(.*?)</pre>', visible, re.DOTALL)
    return json.loads(measured[1])


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (920, 900), (500, 900)])
def test_the_answer_is_in_the_first_screen_and_nothing_overflows(page, width, height):
    measured = measure(page, width, height)
    assert measured["answer"] < height
    assert measured["width"] <= measured["inside"]
    assert measured["broken"] == measured["gone"] == measured["spilt"] == 0


def test_what_is_not_folded_is_at_most_2500_pixels_long(page):
    assert measure(page, 1440, 900)["folded"] <= 2500


def test_a_print_opens_what_is_folded(page):
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext: apt-get install poppler-utils")
    printed = page.parent / "page.pdf"
    browse("--no-pdf-header-footer", f"--print-to-pdf={printed}", page.as_uri())
    printed_text = subprocess.run(
        ["pdftotext", printed, "-"], capture_output=True, text=True, check=True
    )
    texts = printed_text.stdout.split("\f")
    first = next(n for n, text in enumerate(texts) if "Every difference" in text)
    assert first <= 2  # the third page at the latest: two hold all that is not folded
    assert any("chosen per fold on inner folds" in text for text in texts[first:])
