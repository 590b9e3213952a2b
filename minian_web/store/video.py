"""Videos by ffmpeg: as many frames as went in, block by block, and no half file left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import xarray as xr

from minian_web.errors import BadRequest, NotWritable, VideoError
from minian_web.jobs import Tick
from minian_web.model.quantise import finite_range, quantise
from minian_web.store.films import Film, of_array

__all__ = ["OPTIONS", "encode", "ffmpeg_command", "value_range", "write_film", "write_video"]

OPTIONS = {"crf": "18", "preset": "ultrafast"}
FRAMERATE = 30.0
_SAID = 2000  # characters of ffmpeg's own words that an error repeats
_RANGE_PART = 0.3  # of the work, when the range of values has to be found first


def write_video(
    arr: xr.DataArray,
    vname: str | None = None,
    vpath: str = ".",
    norm: bool = True,
    options: Mapping[str, str] = OPTIONS,
    *,
    framerate: float = FRAMERATE,
) -> str:
    """Write a movie as a video file, in constant memory.

    The video has exactly as many frames as the movie; odd heights and widths get one dark line more, since most video
    formats want even ones.

    Parameters
    ----------
    arr
        Dimensions frame, height, width, best chunked along frame only. Any numbers; NaN is drawn dark.
    vname
        File name, whose ending says the format; a random one (`uuid4`, .mp4) when None. An existing file is replaced.
    vpath
        Folder, made when it is not there.
    norm
        Whether the smallest value becomes 0 and the largest 255; this reads the movie twice. Otherwise values are
        clipped to 0..255. A movie of one value only is clipped too.
    options
        Output options of ffmpeg; by default `{"crf": "18", "preset": "ultrafast"}`.
    framerate
        Frames a second.

    Returns
    -------
    str
        Absolute path of the file.

    Raises
    ------
    BadRequest
        If the array has other dimensions or no frame.
    VideoError
        If ffmpeg is missing or fails; with its own words.
    NotWritable
        If the folder cannot be written to.
    """
    film = of_array(arr)
    path = Path(vpath) / (vname or f"{uuid.uuid4()}.mp4")
    return str(write_film(film, path, None if norm else (0.0, 255.0), options, framerate))


def write_film(
    film: Film,
    path: Path,
    limits: tuple[float, float] | None = None,
    options: Mapping[str, str] = OPTIONS,
    framerate: float = FRAMERATE,
    tick: Tick = lambda _fraction: None,
) -> Path:
    """Write a film as a video; `limits` become black and white, those of all frames when None. Gives the full path."""
    done = 0.0
    if limits is None:
        limits = value_range(film, lambda fraction: tick(_RANGE_PART * fraction))
        limits = limits if limits[0] < limits[1] else (0.0, 255.0)
        done = _RANGE_PART
    low, high = limits

    def levels() -> Iterable[np.ndarray]:
        for block in film.blocks():
            yield quantise(film.read(block), low, high)
            tick(done + (1 - done) * block.stop / film.n_frames)

    return encode(levels(), film.shape, path, options, framerate)


def value_range(film: Film, tick: Tick) -> tuple[float, float]:
    """Smallest and largest finite value of a film; `(0, 255)` is not looked for in uint8 but found as it is."""
    found = []
    for block in film.blocks():
        found.append(finite_range(film.read(block)))
        tick(block.stop / film.n_frames)
    return (min(low for low, _ in found), max(high for _, high in found)) if found else (0.0, 0.0)


def encode(
    blocks: Iterable[np.ndarray],
    shape: tuple[int, int],
    path: Path,
    options: Mapping[str, str] = OPTIONS,
    framerate: float = FRAMERATE,
) -> Path:
    """Encode `(frame, height, width)` uint8 blocks; the file appears, whole, when all is done.

    Parameters
    ----------
    shape
        Height and width of the frames.

    Returns
    -------
    pathlib.Path
        Absolute path of the file.

    Raises
    ------
    BadRequest, VideoError, NotWritable
        As `write_video`; what `blocks` raises comes through, and ffmpeg is stopped.
    """
    if not (np.isfinite(framerate) and framerate > 0):
        raise BadRequest(f"framerate: expected a number above 0, found {framerate}")
    path = Path(os.path.abspath(path.expanduser()))
    if not path.suffix:
        raise BadRequest(f"{path}: a video needs an ending that says its format, such as .mp4")
    _prepare(path)
    unfinished = path.with_name(f".minian-web-{uuid.uuid4().hex}{path.suffix}")
    try:
        _run(_command(unfinished, shape, options, framerate), blocks, path)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _prepare(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(f"{path.parent}: {error.strerror}") from error
    if path.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
        raise NotWritable(f"{path}: no video can be written there")


def _command(path: Path, shape: tuple[int, int], options: Mapping[str, str], framerate: float) -> list[str]:
    import ffmpeg

    height, width = (_even(side) for side in shape)
    settings = {"pix_fmt": "yuv420p", "r": f"{framerate:g}", **options}
    source = ffmpeg.input(
        "pipe:", format="rawvideo", pix_fmt="gray", s=f"{width}x{height}", framerate=settings["r"], loglevel="error"
    )
    return source.output(str(path), **settings).overwrite_output().compile(cmd=ffmpeg_command())


def _even(side: int) -> int:
    return side + side % 2


def ffmpeg_command() -> str:
    """Path of ffmpeg: the one of the system, else the one that comes with the Python package imageio-ffmpeg.

    Raises
    ------
    VideoError
        If there is neither.
    """
    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise VideoError("ffmpeg was not found; install it, or the Python package imageio-ffmpeg") from error


def _run(command: list[str], blocks: Iterable[np.ndarray], path: Path) -> None:
    with tempfile.TemporaryFile() as said:  # a file, since a full pipe would stop ffmpeg
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said)
        try:
            frames = _feed(process, blocks)
            code = process.wait()
        finally:
            _stop(process)
        if code:
            raise VideoError(f"{path}: ffmpeg failed: {_text(said) or f'exit code {code}'}")
        if not frames:
            raise BadRequest(f"{path}: the movie has no frame")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # what it had not taken yet is of no use
            process.stdin.close()


def _feed(process: subprocess.Popen[bytes], blocks: Iterable[np.ndarray]) -> int:
    """Hand all frames to ffmpeg; one that has stopped early says why by itself."""
    pipe: Any = process.stdin
    frames = 0
    try:
        for block in blocks:
            for frame in block:
                pipe.write(_padded(frame).data)
            frames += len(block)
        pipe.close()
    except BrokenPipeError:
        process.wait()
    return frames


def _padded(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape
    if height % 2 or width % 2:
        frame = np.pad(frame, ((0, height % 2), (0, width % 2)))
    return np.ascontiguousarray(frame)


def _text(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode("utf-8", errors="replace").strip()[-_SAID:]
