"""Entry point ``export``: a study and all that it rests on as one archive."""

from __future__ import annotations

from collections.abc import Sequence

from entrypoints.command_line import read_command, run_command
from pipeline.config import ExportConfig
from pipeline.tracking.first_look import check_study


def main(arguments: Sequence[str]) -> None:
    """Export a study and say where the archive is and what it holds."""
    config = read_command(ExportConfig, arguments)
    check_study(config.study)
    from pipeline.tracking.archives.exporting import export_study
    from pipeline.tracking.store import open_store

    open_store()
    exported = export_study(config)
    size = exported.path.stat().st_size / 1e6
    files = len(exported.contents.sums)
    print(f"{exported.contents.title}: {exported.n_runs} runs, {files} files, {size:.1f} MB")
    print(f"archive: {exported.path}")


if __name__ == "__main__":
    run_command(main)
