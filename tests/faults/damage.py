"""Ways in which a file of a store comes to harm."""

from pathlib import Path


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x01
    path.write_bytes(content)


def truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def delete(path: Path) -> None:
    path.unlink()


def extend(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


HARMS = {harm.__name__: harm for harm in (flip, truncate, delete, extend)}
