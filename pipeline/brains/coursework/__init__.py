"""The brain ``coursework-sentences``: two subjects, 627 sentences, as courses hand them out.

``stimuli.txt`` has a sentence on each line, ``subj1.npy`` and ``subj2.npy`` a pickled dictionary
with a matrix of responses for each network, whose rows are these lines. The pickles are read
without running anything from them (see `pipeline.files.pickles`).

Which lines belong together is not in these files. It is derived from the text: public lists put
either the 384 sentences of Experiment 2 first or the 243 of Experiment 3. Experiment 2 has
passages of 4 sentences, which become the groups. For Experiment 3 no public list marks the
passages, only the 24 topics; a topic holds whole passages, so topics become the groups there,
which is stricter than needed and never lets a passage be split. Every topic's word must be met in
its own lines, or the list is refused; ``passages.txt`` beside it, a label on each line, then says
what belongs together, and is used whenever it is there.
"""

from __future__ import annotations

from pipeline.brains.coursework.loading import COURSEWORK, TOPICS

__all__ = ["COURSEWORK", "TOPICS"]
