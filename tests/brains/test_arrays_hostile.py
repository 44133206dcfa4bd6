"""Files that would run code, fill the memory or point elsewhere are refused unread."""

import pickle
import re
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from array_folders import content, load, table, write, write_h5, write_mat
from scipy.io import savemat

from pipeline.errors import DataError


class TestHostileFiles:
    def test_pickles_are_refused_and_nothing_in_them_runs(self, tmp_path):
        canary = tmp_path / "canary"

        class Runs:
            def __reduce__(self):
                return Path.touch, (canary,)

        pickle.loads(pickle.dumps(Runs()))  # it would run
        canary.unlink()
        hostile = np.empty((6, 8), dtype=object)
        hostile[:] = Runs()
        with pytest.raises(DataError, match=r"responses: expected an array of .* never op"):
            load(write(tmp_path, responses=hostile))
        (tmp_path / "s1.npz").write_bytes(pickle.dumps(Runs()))
        with pytest.raises(DataError, match=r"s1\.npz: expected a whole \.npz file"):
            load(tmp_path)
        assert not canary.exists()

    def test_a_zip_bomb_is_refused_by_what_it_declares(self, tmp_path):
        np.savez_compressed(tmp_path / "s1.npz", **content(responses=np.zeros((6, 4_000_000))))
        with pytest.raises(DataError, match=r"s1\.npz: expected at most \d+ bytes of arrays"):
            load(table(tmp_path))

    def test_a_header_that_promises_more_than_it_holds_is_refused(self, tmp_path):
        write(tmp_path)
        with zipfile.ZipFile(tmp_path / "s1.npz") as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        lie = re.sub(rb"\(6, 8\), }    ", b"(6, 8000)}    ", members["responses.npy"])
        assert lie != members["responses.npy"]
        with zipfile.ZipFile(tmp_path / "s1.npz", "w") as archive:
            for name, data in {**members, "responses.npy": lie}.items():
                archive.writestr(name, data)
        with pytest.raises(DataError, match=r"bytes in responses\.npy; found \d+ bytes"):
            load(tmp_path)

    def test_an_hdf5_bomb_is_refused_by_its_shape(self, tmp_path):
        with h5py.File(tmp_path / "s1.h5", "w") as file:
            zeros = np.zeros((6, 4_000_000))
            file.create_dataset("responses", data=zeros, chunks=(6, 10_000), compression="gzip")
        with pytest.raises(DataError, match=r"s1\.h5: expected at most \d+ bytes of arrays"):
            load(table(tmp_path))

    def test_hdf5_that_was_never_written_is_not_read_as_zeros(self, tmp_path):
        with h5py.File(tmp_path / "s1.h5", "w") as file:
            file.create_dataset("responses", (6, 10**12), "f4", chunks=(6, 1000))
        with pytest.raises(DataError, match=r"responses to be a whole .*not stored whole"):
            load(table(tmp_path))

    @pytest.mark.parametrize("link", ["soft", "external", "virtual"])
    def test_hdf5_that_points_elsewhere_is_refused(self, tmp_path, link):
        with h5py.File(tmp_path / "s1.h5", "w") as file:
            if link == "virtual":
                layout = h5py.VirtualLayout((6, 8), "f4")
                layout[:] = h5py.VirtualSource("other.h5", "x", (6, 8))
                file.create_virtual_dataset("responses", layout)
            else:
                to = h5py.SoftLink("/x") if link == "soft" else h5py.ExternalLink("o.h5", "x")
                file["responses"] = to
        with pytest.raises(
            DataError, match="expected responses to be a whole dataset of this file"
        ):
            load(table(tmp_path))

    def test_a_matlab_bomb_is_refused_while_it_is_counted(self, tmp_path):
        bomb = content(responses=np.zeros((6, 4_000_000)))
        write_mat(tmp_path / "s1.mat", bomb, do_compression=True)
        with pytest.raises(DataError, match=r"s1\.mat: expected at most \d+ bytes unfolded"):
            load(table(tmp_path))

    def test_matlab_structures_and_version_7_3_are_refused(self, tmp_path):
        savemat(tmp_path / "s1.mat", {"responses": {"a": 1}})
        with pytest.raises(DataError, match="expected an array of numbers; found struct"):
            load(table(tmp_path))
        write_h5(tmp_path / "s1.mat", content())
        with pytest.raises(DataError, match=r"a MATLAB 5 file \(-v6 or -v7\); found .*-v7\.3"):
            load(tmp_path)
