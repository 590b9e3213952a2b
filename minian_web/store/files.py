"""Write single files so that a crash or a power loss leaves the old content or the new, never a mixture.

A file is written beside where it will be: in `stage`, a folder on the same file system that is no part of any zarr
group, because a stray file inside a group shows as a variable or warns at each opening.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from minian_web.errors import NotWritable

_PREFIX, _SUFFIX = ".minian-web-", ".tmp"
_LEFTOVER_AGE = 600.0  # seconds; a write in progress is never that old
_count = itertools.count()


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the operating system says against a write to `path` into `NotWritable`."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise NotWritable(f"{path}: cannot be written ({reason})") from error


def replace_file(path: Path, data: bytes, stage: Path, like: Path | None = None) -> None:
    """Give a file new content in one step that survives a power loss.

    Parameters
    ----------
    path
        The file; it is made, with its folder, when it is not there.
    data
        The whole new content.
    stage
        Folder on the same file system, outside of any zarr group, for the temporary file.
    like
        File or folder whose group and permissions a new file gets; an existing file keeps its own.

    Raises
    ------
    NotWritable
        If anything of this fails; the old content is then untouched.
    """
    temporary = stage / f"{_PREFIX}{os.getpid()}-{next(_count)}{_SUFFIX}"
    with writing(path):
        make_folder(path.parent, like)
        try:
            _write_durably(temporary, data, path if path.exists() else like)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(path.parent)


def _write_durably(path: Path, data: bytes, like: Path | None) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        if like is not None:
            copy_access(like, path)
        os.fsync(file.fileno())


def copy_access(like: Path, path: Path) -> None:
    """Give `path` the group and the read and write permissions of `like` (a file or a folder)."""
    wanted, own = like.stat(), path.stat()
    if wanted.st_gid != own.st_gid and hasattr(os, "chown"):
        # only a member of that group may give it away; the permissions are then still right for the owner
        with contextlib.suppress(PermissionError):
            os.chown(path, -1, wanted.st_gid)
    mode = stat.S_IMODE(wanted.st_mode)
    path.chmod(mode if path.is_dir() else mode & 0o666)


def make_folder(folder: Path, like: Path | None = None) -> None:
    """Make a folder and its parents, durably; a new one gets the group and permissions of its parent."""
    if folder.is_dir():
        return
    make_folder(folder.parent, like)
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        model = like if like is not None and like.is_dir() else folder.parent
        copy_access(model, folder)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable, where the system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems know no such thing
            raise
    finally:
        os.close(descriptor)


def unlink_file(path: Path) -> None:
    """Remove a file durably; it is no error when it is not there.

    Raises
    ------
    NotWritable
        If it is there and cannot be removed.
    """
    with writing(path), contextlib.suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()
        sync_folder(path.parent)


def can_write(folder: Path) -> bool:
    """Whether files can be made in this folder, as far as can be said without trying."""
    return os.access(folder, os.W_OK | os.X_OK)


def sweep(stage: Path, older_than: float = _LEFTOVER_AGE) -> list[Path]:
    """Remove temporary files that a killed process left in `stage`, and name them.

    Parameters
    ----------
    stage
        A folder that was given to `replace_file`.
    older_than
        Age in seconds below which a file may belong to a write in progress.
    """
    swept = []
    with contextlib.suppress(OSError):
        for path in stage.glob(f"{_PREFIX}*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime >= older_than:
                    path.unlink()
                    swept.append(path)
    return swept
