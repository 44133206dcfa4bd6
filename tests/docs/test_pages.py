"""The pages of docs/ build, with no dead link among them."""

import subprocess
import sys


def test_every_page_builds_and_every_link_leads_somewhere(repository, tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    api = (tmp_path / "api" / "index.html").read_text(encoding="utf-8")
    for name in ("scores", "contrasts", "plot_contrast", "features", "align"):
        assert f'.{name}" class="doc doc-heading"' in api
    assert ":func:" not in "".join(p.read_text() for p in tmp_path.glob("*/index.html"))
