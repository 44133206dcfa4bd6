"""The real stimulus lists hold what is published, and full-size responses come back exactly."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from bold5000_files import KEYS, bare, load, regions, write_images, write_list, write_rois

from pipeline.brains.bold5000.stimulus_lists import read_stimulus_list, source_of
from pipeline.brains.repeats import group_showings

REAL = Path(__file__).parents[3] / "shared" / "data" / "bold5000" / "stim_lists"
real = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real stimulus lists are not in ../shared/data/bold5000"
)
REAL_VOXELS = {
    "CSI1": (131, 200, 152, 190, 210, 285, 101, 187, 86, 143),
    "CSI2": (172, 198, 327, 561, 254, 241, 85, 95, 59, 278),
    "CSI3": (112, 161, 430, 597, 522, 696, 187, 205, 78, 116),
    "CSI4": (157, 187, 455, 417, 408, 356, 279, 335, 51, 142),
}


@real
class TestTheRealLists:
    @pytest.mark.parametrize(
        ("subject", "n_trials", "n_unique", "repeats"),
        [
            (1, 5254, 4916, {4: 112, 3: 1}),
            (2, 5254, 4916, {4: 112, 3: 1}),
            (3, 5254, 4916, {4: 107, 5: 3, 3: 2, 2: 1}),
            (4, 3108, 2952, {2: 39, 3: 37, 4: 13, 5: 1}),
        ],
    )
    def test_hold_the_published_counts(self, subject, n_trials, n_unique, repeats):
        names = read_stimulus_list(REAL / f"CSI0{subject}_stim_lists.txt")
        showings = group_showings(names)
        counts = Counter(showings.counts.tolist())
        assert len(names) == n_trials
        assert len(showings.names) == n_unique
        assert {times: n for times, n in counts.items() if times > 1} == repeats
        assert showings.n_repeats == (2 if subject == 4 else 4)
        assert len(showings.repeated) == {1: 112, 2: 112, 3: 110, 4: 90}[subject]

    def test_show_the_same_images_from_three_sources_to_all(self):
        seen = [set(read_stimulus_list(REAL / f"CSI0{n}_stim_lists.txt")) for n in (1, 2, 3, 4)]
        assert seen[0] == seen[1] == seen[2] > seen[3]
        sources = Counter(map(source_of, seen[0]))
        assert sources == {"COCO": 2000, "ImageNet": 1916, "Scene": 1000}

    @pytest.mark.slow
    @pytest.mark.parametrize("form", ["mat", "h5"])
    def test_with_responses_at_full_size_are_read_back_exactly(self, tmp_path, form):
        images, arrays = set(), {}
        for number, subject in enumerate(REAL_VOXELS):
            source = REAL / f"CSI0{subject[-1]}_stim_lists.txt"
            lines = source.read_text().split()
            write_list(tmp_path, subject, lines)
            images |= set(map(bare, lines))
            voxels = dict(zip(KEYS, REAL_VOXELS[subject], strict=True))
            made = regions(len(lines), voxels, seed=number)
            write_rois(tmp_path, subject, made, form=form, compress=False)
            arrays[subject] = np.concatenate([made[key] for key in KEYS], axis=1, dtype=np.float32)
        write_images(tmp_path, images)
        data = load(tmp_path, image_size=16)
        assert len(data.stimuli) == 4916
        for subject, responses in data.subjects.items():
            names = read_stimulus_list(
                tmp_path / f"ROIs/stim_lists/CSI0{subject[-1]}_stim_lists.txt"
            )
            trials = {name: [] for name in names}
            for trial, name in enumerate(names):
                trials[name].append(trial)
            names_in_order = data.stimuli.groups[responses.rows(4916)]
            assert len(names_in_order) == len(trials)
            for row, image in enumerate(names_in_order):
                raw = arrays[subject][trials[image]]
                if len(raw) == 1:
                    np.testing.assert_array_equal(responses.values[row], raw[0])
                else:
                    np.testing.assert_allclose(responses.values[row], raw.mean(0), atol=1e-6)
            first = [arrays[subject][trials[names_in_order[row]]][:4] for row in responses.repeated]
            first_showings = np.stack([raw[: len(responses.repeats)] for raw in first], axis=1)
            np.testing.assert_array_equal(responses.repeats, first_showings)
            n_voxels = dict(zip(KEYS, REAL_VOXELS[subject], strict=True))
            for region, columns in responses.rois.items():
                assert len(columns) == n_voxels[f"LH{region}"] + n_voxels[f"RH{region}"]
