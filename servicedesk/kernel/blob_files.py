"""Files of blobs: whole and durable, or not at all."""

import errno
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from servicedesk.domain.errors import StorageFull, Unavailable
from servicedesk.kernel.ids import new_id

DISK_IS_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
UNFINISHED = ".part"
FOLDERS = 256
"""One for each first byte of a name."""


def write_all_durably(files: Sequence[tuple[Path, bytes]]) -> None:
    for path, content in files:
        _write_durably(path, content)


def read_file(path: Path, most_bytes: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most_bytes)


def _write_durably(path: Path, content: bytes) -> None:
    """Write, fsync the file, fsync its folder. A file that is there is believed only after a look
    at all of it: a crash may have left it half written."""
    try:
        if not _write_new(path, content):
            _make_good(path, content)
        _sync(path.parent)
    except OSError as error:
        raise disk_fault(error) from error


def _write_new(path: Path, content: bytes) -> bool:
    """Write a file under its name at once: nobody reads it before a row names it. False: there is
    one already."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    except FileNotFoundError:
        _make_folder(path.parent)
        return _write_new(path, content)
    try:
        _write_all(handle, content)
    except OSError:
        os.ftruncate(handle, 0)
        _remove_unless_replaced(path, handle)
        raise
    finally:
        os.close(handle)
    return True


def _remove_unless_replaced(path: Path, handle: int) -> None:
    with suppress(OSError):
        if path.stat().st_ino == os.fstat(handle).st_ino:
            path.unlink()


def _make_good(path: Path, content: bytes) -> None:
    if read_file(path, -1) == content:
        _sync(path)
    else:
        _replace(path, content)


def _write_all(handle: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(handle, left) :]
    os.fsync(handle)


def _replace(path: Path, content: bytes) -> None:
    """Write under another name, fsync, rename: whoever writes the same at once is not disturbed."""
    unfinished = path.parent / f".{new_id().hex}{UNFINISHED}"
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write_all(handle, content)
        finally:
            os.close(handle)
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sync(folder.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep_unfinished(folder: Path, before: float) -> None:
    """Remove what a crash left half written (`before` in seconds since 1970)."""
    for found in folder.glob(f"*/.*{UNFINISHED}"):
        with suppress(FileNotFoundError):
            if found.stat().st_mtime < before:
                found.unlink()


def disk_fault(error: OSError) -> Unavailable:
    name = errno.errorcode.get(error.errno or 0, "unknown")
    if error.errno in DISK_IS_FULL:
        return StorageFull(f"The disk that holds the blobs is full ({name}). Make room, try again.")
    return Unavailable(f"The folder that holds the blobs does not work ({name}). Look at the disk.")


def old_names(folder: Path, numbers: Iterable[int], before: float) -> list[str]:
    """Return the names of the files in these folders that were written before then (seconds since
    1970)."""
    names: list[str] = []
    for number in numbers:
        inside = folder / f"{number:02x}"
        for found in inside.glob("[0-9a-f]*"):
            with suppress(FileNotFoundError):
                if found.stat().st_mtime < before:
                    names.append(inside.name + found.name)
    return names
