"""Make `tests/data` from real minian results: `python -m tests.make_data PEER_DATA`.

Copied byte for byte: the results of three sessions of one animal (128 x 160 pixels, 600 frames; session3 curated),
without `b` for the second and third; one intermediate array whose consolidated metadata are stale; minian's own walk
order and centroids of session1.  Re-encoded with the same values and data types: two movies of session1, `varr_ref`
and `Y_fm_chk`, with zstd instead of lz4 and the latter in chunks of 150 frames, to keep everything below 8 MB.
"""

# ruff: noqa: TID251 - a script beside the package
from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numcodecs
import numpy as np
import zarr

DATA = Path(__file__).parent / "data"
LIMIT = 8_000_000
DROPPED = {"session2": ("b.zarr",), "session3": ("b.zarr",)}
MOVIES = {"varr_ref": 600, "Y_fm_chk": 150}  # name: frames a chunk
REFERENCE = ("NNsort.csv", "centroid_A.csv", "cnmfviewer_groups.json")


def copy_results(source: Path) -> None:
    for session in ("session1", "session2", "session3"):
        dropped = shutil.ignore_patterns(*DROPPED.get(session, ()))
        shutil.copytree(source / session / "minian", DATA / "animal1" / session / "minian", ignore=dropped)


def copy_reference(source: Path) -> None:
    (DATA / "reference").mkdir()
    for name in REFERENCE:
        shutil.copy(source / name, DATA / "reference" / name)


def encode_movie(group: Path, target: Path, frames: int) -> None:
    shutil.copytree(group, target, ignore=shutil.ignore_patterns("0.0.0", ".zmetadata"))
    document = target / group.stem / ".zarray"
    meta = json.loads(document.read_text())
    codec = numcodecs.Zstd(level=19)
    meta |= {"compressor": codec.get_config(), "chunks": [frames, *meta["shape"][1:]]}
    document.write_text(json.dumps(meta, indent=4))
    movie = np.asarray(zarr.open_array(group / group.stem, mode="r")[...])
    for number, start in enumerate(range(0, len(movie), frames)):
        chunk = np.ascontiguousarray(movie[start : start + frames])
        (target / group.stem / f"{number}.0.0").write_bytes(codec.encode(chunk))
    zarr.consolidate_metadata(target, zarr_format=2)
    written = zarr.open_array(target / group.stem, mode="r", zarr_format=2)
    assert written.dtype == movie.dtype
    assert np.array_equal(written[...], movie)


def main(peer: Path) -> None:
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir()
    copy_results(peer / "animal1")
    copy_reference(peer / "reference" / "animal1_session1")
    source = peer / "animal1" / "session1" / "minian_intermediate"
    target = DATA / "animal1" / "session1" / "minian_intermediate"
    for name, frames in MOVIES.items():
        encode_movie(source / f"{name}.zarr", target / f"{name}.zarr", frames)
    shutil.copytree(source / "C_chk.zarr", target / "C_chk.zarr")
    size = sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file())
    assert size < LIMIT, f"tests/data has {size} bytes, more than {LIMIT}"
    print(f"tests/data: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
