"""Tables as CSV and LaTeX, references as BibTeX."""

from __future__ import annotations

import re

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reporting.files import latex_of, write_table
from pipeline.reporting.references import REFERENCES, bibtex_for
from pipeline.reporting.table import Table


def table_of(texts, **changed):
    words = {"name": "some", "title": "Some scores", "note": "50 % are_here."}
    return Table(**{**words, **changed}, values=texts, texts=texts, n_labels=1)


def test_latex_has_booktabs_rules_labels_at_the_left_and_an_escaped_caption():
    latex = latex_of(table_of(pd.DataFrame({"method": ["a_b"], "LOC": ["\u22120.100 ± 0.020"]})))
    for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"\begin{tabular}{lr}"):
        assert rule in latex
    assert r"50 \% are\_here." in latex
    assert r"a\_b & $-$0.100 $\pm$ 0.020 \\" in latex
    assert r"\label{tab:some}" in latex


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30))
def test_no_name_can_break_a_table_out_of_its_row_or_open_a_command(name):
    texts = pd.DataFrame({"method": [name, "plain"], "LOC": ["0.500", "0.600"]})
    latex = latex_of(table_of(texts, note=name))
    body = latex.split(r"\midrule")[1].split(r"\bottomrule")[0]
    assert len(re.findall(r"(?<!\\)&", body)) == 2
    assert body.count(r"\\" + "\n") == 2
    caption = latex.split(r"\caption{")[1].split("\n")[0]
    assert not re.search(r"(?<!\\)[%#&_$]", caption.replace("$-$", "").replace(r"$\pm$", ""))


def test_csv_keeps_all_digits_and_both_files_are_named(tmp_path):
    texts = pd.DataFrame({"method": ["full"], "mean": [0.123456789012]})
    numbers, latex = write_table(table_of(texts), tmp_path)
    assert pd.read_csv(numbers)["mean"].item() == 0.123456789012
    assert (numbers.name, latex.name) == ("some.csv", "some.tex")


def test_references_are_those_of_what_was_used():
    bibtex = bibtex_for(["gpt2", "prompt", "pereira2018-384"])
    assert "@article{pereira-2018," in bibtex
    assert "@inproceedings{lester-2021," in bibtex
    assert "chang-2019" not in bibtex
    assert bibtex.count("{") == bibtex.count("}")
    assert len({reference.key for reference in REFERENCES}) == len(REFERENCES)
