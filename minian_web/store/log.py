"""The curation log: one plain file of lines, one line per action, appended and never changed.

Each line ends in a checksum over all lines up to it, so that a line that was altered, lost or moved is noticed. A last
line without its end was never confirmed to anybody and is dropped; whatever else does not check is an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from minian_web.errors import DamagedLog, NotWritable
from minian_web.store.appends import Extent, append
from minian_web.store.chained import checked, summed
from minian_web.store.lines import Binding, Line, Record, content_of, header, record_of


@dataclass(frozen=True)
class Log:
    """What a log file holds.

    Attributes
    ----------
    bindings
        The header's first, the one that holds now last.
    lines
        In the order written.
    extent
        The file when it was read; None when there was none.
    keep
        Bytes that check; less than its size when the last line was cut short.
    chain
        Checksum of the last line.
    held
        Id of the action whose labels the arrays hold as far as the file knows; empty: those before the first one.
    """

    path: Path
    bindings: tuple[Binding, ...] = ()
    lines: tuple[Line, ...] = ()
    extent: Extent | None = None
    keep: int = 0
    chain: str = ""
    held: str = ""

    @property
    def torn(self) -> bool:
        """Whether a last line without its end was dropped."""
        return self.extent is not None and self.keep < self.extent.size

    def appended(self, records: tuple[Record, ...], dataset: str, like: Path | None = None) -> Log:
        """Write records to the end of the file; they are durable when this returns.

        Parameters
        ----------
        records
            Lines and bindings; the first record of a new file must be a binding, which becomes its header.
        dataset
            Id of the dataset, for people who look into the file.
        like
            What a new file gets its group and permissions from.

        Raises
        ------
        Changed
            If somebody else has written to the file, or removed it.
        NotWritable
            If it cannot be written; it is then as it was.
        """
        chain, text = self.chain, b""
        for record in records:
            content = header(record, dataset) if not chain and isinstance(record, Binding) else content_of(record)
            line, chain = summed(content, chain)
            text += line
        extent = append(self.path, text, self.extent, self.keep, like)
        bindings = self.bindings + tuple(record for record in records if isinstance(record, Binding))
        lines = self.lines + tuple(record for record in records if isinstance(record, Line))
        return Log(self.path, bindings, lines, extent, extent.size, chain, _held(self.held, records))


def read_log(path: Path) -> Log:
    """Read a log; an empty one when there is no file.

    Raises
    ------
    DamagedLog
        If any line but an unfinished last one does not check, naming the line.
    NotWritable
        If the file is there and cannot be read.
    """
    try:
        with path.open("rb") as file:
            data, inode = file.read(), os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return Log(path)
    except OSError as error:
        raise NotWritable(f"{path}: the curation log cannot be read ({error.strerror})") from error
    complete = data[: data.rfind(b"\n") + 1]
    records, chain = _records(path, complete.split(b"\n")[:-1])
    bindings = tuple(record for record in records if isinstance(record, Binding))
    lines = tuple(record for record in records if isinstance(record, Line))
    if len({line.id for line in lines}) < len(lines):
        raise DamagedLog(path, "lines with ids of their own", "an id that occurs twice")
    return Log(path, bindings, lines, Extent(inode, len(data)), len(complete), chain, _held("", records))


def _held(held: str, records: Iterable[Record]) -> str:
    for record in records:
        if not isinstance(record, Binding):
            held = record.arrays if isinstance(record, Line) else record.line
    return held


def _records(path: Path, texts: list[bytes]) -> tuple[list[Record], str]:
    records: list[Record] = []
    chain = ""
    for number, text in enumerate(texts, start=1):
        record, chain = _checked(f"{path} line {number}", number, text, chain)
        records.append(record)
    return records, chain


def _checked(where: str, number: int, text: bytes, chain: str) -> tuple[Record, str]:
    content, total = checked(where, text, chain)
    try:
        return record_of(content, number, where), total
    except DamagedLog:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedLog(where, "a line of a curation log", f"{type(error).__name__}: {error}") from error
