"""Videos: frames counted and pixels compared after decoding what was written."""

import json
import subprocess
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from minian_web.errors import BadRequest, Cancelled, NotWritable, VideoError
from minian_web.store import video
from minian_web.store.films import of_array, of_movie
from minian_web.store.video import ffmpeg_command, write_film, write_video
from tests.movies import numbered, write_movie

LOSSLESS = {"crf": "0", "preset": "ultrafast"}


def array(values, dims=("frame", "height", "width")):
    return xr.DataArray(
        values, dims=dims, coords={dim: np.arange(n) for dim, n in zip(dims, values.shape, strict=True)}
    )


def decoded(path):
    """Frames `(frame, height, width)` of a video, none dropped or doubled, and its rate."""
    probe = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_streams", "-of", "json", str(path)]
    stream = json.loads(subprocess.run(probe, capture_output=True, check=True).stdout)["streams"][0]
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(path),
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
        "-fps_mode",
        "passthrough",
        "-",
    ]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, stream["height"], stream["width"]), stream["r_frame_rate"]


def gradient(frames, height=32, width=48):
    """Smooth frames, each brighter than the one before."""
    y, x = np.mgrid[:height, :width]
    return np.stack([(x + y + 2 * frame) for frame in range(frames)]).astype(np.float32)


@pytest.mark.parametrize("frames", [1, 2, 25, 61])
@pytest.mark.parametrize("framerate", [30, 20])
def test_as_many_frames_as_went_in(tmp_path, frames, framerate):
    path = write_video(array(gradient(frames)), "a.mp4", str(tmp_path), options=LOSSLESS, framerate=framerate)
    found, rate = decoded(path)
    assert len(found) == frames
    assert rate == f"{framerate}/1"


def test_pixels_span_the_whole_range_when_normed(tmp_path):
    values = gradient(10) * 3 - 70
    found, _ = decoded(write_video(array(values), "a.mp4", str(tmp_path), options=LOSSLESS))
    expected = (values - values.min()) / (values.max() - values.min()) * 255
    assert np.abs(found - expected).max() <= 2.5


def test_values_are_clipped_when_not_normed(tmp_path):
    values = gradient(4) * 6 - 100
    found, _ = decoded(write_video(array(values), "a.mp4", str(tmp_path), norm=False, options=LOSSLESS))
    assert np.abs(found - np.clip(values, 0, 255)).max() <= 2.5
    assert values.max() > 255


def test_odd_sizes_are_padded(tmp_path):
    values = gradient(3, 33, 47)
    found, _ = decoded(write_video(array(values), "a.mp4", str(tmp_path), norm=False, options=LOSSLESS))
    assert found.shape == (3, 34, 48)
    assert np.abs(found[:, :33, :47] - values).max() <= 3


def test_nan_is_dark_and_a_constant_movie_is_written(tmp_path):
    values = gradient(3)
    values[1, 4:20, 4:20] = np.nan
    found, _ = decoded(write_video(array(values), "a.mp4", str(tmp_path), options=LOSSLESS))
    assert found[1, 8:16, 8:16].max() <= 2
    found, _ = decoded(write_video(array(np.full((3, 8, 8), 7.0)), "b.mp4", str(tmp_path), options=LOSSLESS))
    assert np.abs(found.astype(int) - 7).max() <= 1


def test_dimensions_in_any_order_and_dask(tmp_path):
    values = gradient(30)
    lazy = array(da.from_array(values, chunks=(7, -1, -1))).transpose("width", "frame", "height")
    found, _ = decoded(write_video(lazy, "a.mp4", str(tmp_path), norm=False, options=LOSSLESS))
    assert np.abs(found - values).max() <= 2.5


def test_memory_stays_constant(tmp_path, monkeypatch):
    """No more than a block of frames is asked for at once."""
    monkeypatch.setattr("minian_web.store.films.BLOCK", 10 * 32 * 48 * 4)
    film = of_array(array(gradient(45)))
    asked = []
    watched = film.__class__(**{**film.__dict__, "read": lambda part: (asked.append(part), film.read(part))[1]})
    write_film(watched, tmp_path / "a.mp4", options=LOSSLESS)
    assert max(part.stop - part.start for part in asked) == 10
    assert len(asked) == 10


def test_a_part_of_a_movie_on_disk(tmp_path):
    movie = write_movie(tmp_path, numbered(30, 32, 32), chunks=(7, 32, 32))
    path = write_film(of_movie(movie).part(5, 19), tmp_path / "clip.mp4", (0, 255), LOSSLESS)
    found, _ = decoded(path)
    assert len(found) == 14
    assert np.abs(found[:, 20, 20] - np.arange(5, 19).astype(int)).max() <= 1.5


def test_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path(write_video(array(gradient(2))))
    assert path.is_absolute()
    assert (path.parent, path.suffix, len(path.stem)) == (tmp_path, ".mp4", 36)
    assert Path(write_video(array(gradient(2)), "b.avi", "deep/er")).exists()
    assert {one.name for one in tmp_path.iterdir()} == {path.name, "deep"}


@pytest.mark.parametrize("wrong", [np.zeros((3, 4)), xr.DataArray(np.zeros((3, 4)), dims=("frame", "height"))])
def test_what_is_no_movie_is_refused(tmp_path, wrong):
    with pytest.raises(BadRequest, match=r"dimensions|DataArray"):
        write_video(wrong, "a.mp4", str(tmp_path))


def test_ffmpeg_says_why_and_leaves_nothing(tmp_path):
    with pytest.raises(VideoError, match="nonsense"):
        write_video(array(gradient(400)), "a.mp4", str(tmp_path), options={"vcodec": "nonsense"})
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_when_writing_fails(tmp_path):
    (tmp_path / "a.mp4").write_text("older")
    with pytest.raises(VideoError):
        write_video(array(gradient(4)), "a.mp4", str(tmp_path), options={"vcodec": "nonsense"})
    assert (tmp_path / "a.mp4").read_text() == "older"


def test_cancelled_halfway(tmp_path):
    film = of_array(array(da.from_array(gradient(30), chunks=(1, -1, -1))))

    def tick(fraction):
        if fraction > 0.5:
            raise Cancelled("video")

    with pytest.raises(Cancelled):
        write_film(film, tmp_path / "a.mp4", tick=tick)
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable):
        write_video(array(gradient(2)), "a.mp4", str(tmp_path / "file"))
    with pytest.raises(BadRequest, match="ending"):
        write_video(array(gradient(2)), "a", str(tmp_path))
    with pytest.raises(BadRequest, match="framerate"):
        write_video(array(gradient(2)), "a.mp4", str(tmp_path), framerate=0)


def test_the_binary_of_the_package_serves_without_a_system_one(tmp_path, monkeypatch):
    monkeypatch.setattr(video.shutil, "which", lambda _name: None)
    assert "imageio" in ffmpeg_command()
    path = write_video(array(gradient(5)), "a.mp4", str(tmp_path), options=LOSSLESS)
    monkeypatch.undo()
    assert len(decoded(path)[0]) == 5
