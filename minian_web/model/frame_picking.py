"""Which frames and which part of them: positions, blocks of frames, regions."""

from __future__ import annotations

from collections.abc import Sequence

from minian_web.errors import BadRequest

Region = tuple[int, int, int, int]


def checked_positions(positions: Sequence[int] | slice, n_frames: int) -> list[int]:
    """Positions as a list.

    Raises
    ------
    BadRequest
        If there are none, or the movie has no such frame.
    """
    wanted = list(range(n_frames)[positions]) if isinstance(positions, slice) else [int(one) for one in positions]
    if not wanted:
        raise BadRequest("no frame was asked for")
    for position in (min(wanted), max(wanted)):
        if not 0 <= position < n_frames:
            raise BadRequest(f"there is no frame at position {position}: there are {n_frames} frames")
    return wanted


def region_slices(region: Region | None, height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of a region.

    Raises
    ------
    BadRequest
        If it reaches beyond the frame.
    """
    if region is None:
        return slice(None), slice(None)
    row0, row1, column0, column1 = region
    if not (0 <= row0 < row1 <= height and 0 <= column0 < column1 <= width):
        raise BadRequest(f"region {region} does not lie within a frame of {height} x {width} pixels")
    return slice(row0, row1), slice(column0, column1)


def by_block(wanted: list[int], length: int) -> list[tuple[int, slice | list[int]]]:
    """Positions as block numbers with offsets, in order; neighbours share a block."""
    found: list[tuple[int, list[int]]] = []
    for position in wanted:
        number, offset = divmod(position, length)
        if not found or found[-1][0] != number:
            found.append((number, []))
        found[-1][1].append(offset)
    return [(number, _as_slice(offsets)) for number, offsets in found]


def _as_slice(offsets: list[int]) -> slice | list[int]:
    """A slice where that is possible: it copies nothing."""
    if len(offsets) == 1:
        return slice(offsets[0], offsets[0] + 1)
    step = offsets[1] - offsets[0]
    if step > 0 and offsets == list(range(offsets[0], offsets[-1] + 1, step)):
        return slice(offsets[0], offsets[-1] + 1, step)
    return offsets
