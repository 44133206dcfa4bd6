"""Settings of prepare for tests that load brain datasets."""

from pipeline.config import PrepareConfig


def brain_settings(directory=None, **changes):
    """Point to a folder, and change settings; names may come one by one."""
    words = {
        name: ",".join(value) if isinstance(value, tuple | list) else value
        for name, value in changes.items()
    }
    for name in ("image_dir", "atlas", "labels"):
        if name in words:
            words[name] = str(words[name])
    return PrepareConfig(brain="any", brain_dir=str(directory or ""), **words)
