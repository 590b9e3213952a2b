"""Append to a file that nobody else may have written to meanwhile."""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass
from pathlib import Path

from minian_web.errors import Changed
from minian_web.store.files import copy_access, sync_folder, writing


@dataclass(frozen=True)
class Extent:
    """Which file lay at a path and how long it was, to notice whether anybody else has written to it."""

    inode: int
    size: int


def extent_of(path: Path) -> Extent | None:
    """Extent of a file now; None when there is none."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return Extent(state.st_ino, state.st_size)


def append(path: Path, data: bytes, seen: Extent | None, keep: int, like: Path | None = None) -> Extent:
    """Append to a file, durably, or leave it as it was.

    Parameters
    ----------
    path
        The file; it is made when `seen` is None.
    data
        What to append.
    seen
        The file as the caller has read it.
    keep
        Bytes of it that are right; what follows them (a line cut short) is cut off.
    like
        File or folder whose group and permissions a new file gets.

    Returns
    -------
    Extent
        The file as it is now.

    Raises
    ------
    Changed
        If it is not the file that was seen: somebody else wrote to it, or removed it.
    NotWritable
        If it fails; the file then has the length `keep` again, and one that was made for this is gone.
    """
    with writing(path):
        flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT | os.O_EXCL if seen is None else 0)
        try:
            descriptor = os.open(path, flags, 0o666)
        except (FileExistsError, FileNotFoundError):
            if path.parent.is_dir():
                raise Changed(
                    f"{path}: somebody else has {'made' if seen is None else 'removed'} it meanwhile"
                ) from None
            raise
        try:
            lock(descriptor)
            _expect(path, descriptor, seen, keep)
            if seen is None:
                _fill(path, descriptor, data, like)
            else:
                _append(descriptor, data, keep)
            state = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    return Extent(state.st_ino, state.st_size)


def _fill(path: Path, descriptor: int, data: bytes, like: Path | None) -> None:
    """Write a file that was just made, or remove it, so that it can be made again."""
    try:
        _append(descriptor, data, 0)
        if like is not None:
            copy_access(like, path)
        sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def lock(descriptor: int) -> None:
    """Wait until no other process has this open file locked, where the file system knows locks."""
    if os.name != "posix":
        return
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):  # the size is compared all the same
            raise


def _expect(path: Path, descriptor: int, seen: Extent | None, keep: int) -> None:
    state = os.fstat(descriptor)
    found = Extent(state.st_ino, state.st_size)
    if seen is None:
        seen = Extent(state.st_ino, 0)
    cut = Extent(seen.inode, keep)  # an attempt of ours that failed has cut off an unfinished line already
    if extent_of(path) != found or found not in (seen, cut):
        raise Changed(
            f"{path}: somebody else has written to it meanwhile ({seen.size} bytes expected, {state.st_size} found)"
        )


def _append(descriptor: int, data: bytes, keep: int) -> None:
    try:
        os.ftruncate(descriptor, keep)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, keep)
            os.fsync(descriptor)
        raise
