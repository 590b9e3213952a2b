"""Colours, erosion, likeness of footprints, quality of an alignment, labels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import grey_erosion

from minian_web.model.footprints import from_dense, summed
from minian_web.model.registration.cells import centres_of, merged_cells, names_of
from minian_web.model.registration.mapping import NONE, Matches
from minian_web.model.registration.matching import match
from minian_web.model.registration.overlap import correlation, crop, jaccard
from minian_web.model.registration.overlay import channel, coloured, eroded, packed
from minian_web.model.registration.quality import correlations, warnings_of
from minian_web.model.registration.scene import (
    Display,
    Part,
    crops_of,
    evidence_of,
    first_channels,
    quality_of,
    scene_of,
)

SHAPE = (20, 24)


def disk(row, column, radius=4.0, scale=1.0):
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return np.clip(1 - np.hypot(rows - row, columns - column) / radius, 0, None).astype(np.float32) * scale


@pytest.fixture
def footprints():
    return from_dense([5, 2, 9], [disk(8, 8), disk(8, 14, scale=7), disk(0, 20)], SHAPE)


@pytest.mark.parametrize("window", [3, 5])
def test_erosion_is_that_of_the_dense_image(footprints, window):
    small = eroded(footprints, window)
    for unit in (5, 2, 9):
        dense = np.zeros(SHAPE[0] * SHAPE[1], np.float32)
        pixels, values = footprints.of(unit)
        dense[pixels] = values
        wanted = grey_erosion(dense.reshape(SHAPE), size=(window, window), mode="constant", cval=0)
        found = np.zeros_like(dense)
        pixels, values = small.of(unit)
        found[pixels] = values
        np.testing.assert_array_equal(found.reshape(SHAPE), wanted)
    assert eroded(footprints, 0) is footprints


def test_an_overlay_is_red_green_and_blue(footprints):
    red, blue = channel(footprints, [5]), channel(footprints, [2])
    image = coloured([red, None, blue], SHAPE)
    assert image[8, 8].tolist() == [1, 0, 0]
    assert image[8, 14].tolist() == [0, 0, 1]
    bright = coloured([red, None, blue], SHAPE, 0.5)
    assert bright[19, 0].tolist() == [0.5, 0.5, 0.5]
    assert bright.max() == 1
    assert hex(packed(image)[8, 14]) == "0xffff0000"
    assert hex(packed(image)[8, 8]) == "0xff0000ff"


def test_a_channel_is_the_map_of_its_cells(footprints):
    for units in ([5, 2, 9], [2], []):
        np.testing.assert_array_equal(channel(footprints, units), summed(footprints, units))


def test_likeness_of_footprints(footprints):
    assert jaccard(footprints, 5, footprints, 5) == 1
    assert correlation(footprints, 2, footprints, 2) == pytest.approx(1)
    assert jaccard(footprints, 5, footprints, 9) == 0
    assert 0 < correlation(footprints, 5, footprints, 2) < 0.5
    empty = from_dense([1], [np.zeros(SHAPE, np.float32)], SHAPE)
    assert np.isnan(jaccard(empty, 1, empty, 1))
    assert np.isnan(correlation(empty, 1, footprints, 5))


def test_a_crop_is_centred_and_scaled(footprints):
    small = crop(footprints, 2, (8.2, 13.9), 5)
    assert small.shape == (11, 11)
    assert small[5, 5] == 1
    assert crop(footprints, 9, (0, 20), 5)[:5].max() == 0


def test_labels_merge_and_discard():
    names = names_of(np.array([3, 1, 4]), np.array([1, 1, -1]))
    assert names == {3: 1, 1: 1, 4: NONE}
    assert names_of(np.array([3]), None) == {3: 3}
    footprints = from_dense([3, 1, 4], [disk(8, 8), disk(8, 12), disk(2, 2)], SHAPE)
    cells = merged_cells(footprints, names)
    assert cells.unit_ids.tolist() == [1]
    np.testing.assert_allclose(cells.centroids[0], (8, 10), atol=1e-5)
    assert merged_cells(footprints, names_of(footprints.unit_ids, None)) is footprints


def test_centres_have_the_fraction_of_the_shift():
    footprints = from_dense([0], [disk(8, 8)], SHAPE)
    found = centres_of(footprints, (2, 0), (1.3, -0.6), (0, 20, 0, 24), (22, 24))
    np.testing.assert_allclose(found.places[0], (11.3, 7.4), atol=1e-5)
    outside = centres_of(footprints, (0, 0), (0, 0), (14, 20, 0, 24), SHAPE)
    assert np.isnan(outside.places).all()


def test_quality_of_an_alignment():
    one, other = disk(8, 8), disk(8, 9)
    noise = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    table = correlations([one, other, noise])
    assert table[0, 1] == table[1, 0] > 0.8
    shifts = {"a": (0.0, 0.0), "b": (1.0, 2.0), "c": (9.0, 0.0)}
    found = warnings_of(table, shifts, {"a": 10, "b": 16, "c": 12}, (9, 20, 0, 24), SHAPE)
    assert [text.split(" ")[0] for text in found] == ["c", "c", "c", "The", "b"]
    assert "share only 55%" in found[3]
    assert "b has 16 cells, a only 10." in found[4]
    good = warnings_of(np.ones((2, 2)), {"a": (0, 0), "b": (1, 0)}, {"a": 10, "b": 15}, (1, 20, 0, 24), SHAPE)
    assert good == []
    assert np.isnan(correlations([one, np.full(SHAPE, np.nan, np.float32)])[0, 1])


def part(shape, centre, unit=7, origin=(0, 0)):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    image = np.clip(1 - np.hypot(rows - centre[0], columns - centre[1]) / 4, 0, None).astype(np.float32)
    heights, widths = np.arange(shape[0]) + origin[0], np.arange(shape[1]) + origin[1]
    return Part(from_dense([unit], [image], shape), heights, widths, image)


@pytest.fixture
def scene():
    parts = {
        "a": part((20, 24), (8, 8)),
        "b": part((30, 18), (9, 6), unit=3, origin=(0, 2)),
        "c": part((20, 24), (8, 9)),
    }
    return scene_of(parts, {"a": (0.0, 0.0), "b": (-1.0, 0.4), "c": (0.0, -1.0)})


def test_sessions_of_different_size_share_a_canvas(scene):
    assert scene.shape == (30, 24)
    for session in ("a", "b", "c"):
        np.testing.assert_allclose(scene.footprints[session].centroids[0], (8, 8), atol=0.01)
    assert scene.window == (0, 20, 2, 20)
    matches = match(scene.centres(), 5)
    assert matches.units.tolist() == [[7, 3, 7]]
    assert np.isnan(scene.projection("a", aligned=False)[25]).all()
    assert quality_of(scene).after[0, 1] > quality_of(scene).before[0, 1]


def test_matched_is_asked_of_the_distinct_sessions_chosen(scene):
    matches = Matches.numbered(("a", "b", "c"), np.array([[7, 3, NONE], [NONE, NONE, 7]]))
    only = {"matched": True, "unmatched": False}
    assert scene.visible("a", matches, Display(("a", "b", ""), **only)).tolist() == [7]
    assert scene.visible("a", matches, Display(("a", "b", "c"), **only)).tolist() == []
    assert scene.visible("a", matches, Display(("a", "a", ""), **only)).tolist() == []
    assert scene.visible("c", matches, Display(("a", "b", "c"), matched=False)).tolist() == [7]
    assert scene.overlay(matches, Display(("a", "b", ""), **only))[8, 8].tolist() == pytest.approx([1, 1, 0])


def test_a_click_means_the_nearest_drawn_cell(scene):
    matches = Matches.numbered(("a", "b", "c"), np.array([[7, 3, 7]]))
    assert scene.unit_at(8, 8, matches, Display(("b", "", ""))) == ("b", 3)
    assert scene.unit_at(28, 22, matches, Display(("b", "", ""))) is None
    assert scene.unit_at(8, 8, matches, Display(("a", "", ""), matched=False, unmatched=False)) is None


def test_a_match_is_cut_out_at_the_same_place(scene):
    crops = crops_of(scene, {"a": 7, "b": NONE, "c": 99}, half=6)
    assert [(one.session, one.unit) for one in crops] == [("a", 7), ("b", NONE), ("c", NONE)]
    assert crops[0].cell[6, 6] == 1
    assert crops[1].around[6, 6] == 1
    pairs = evidence_of(scene, scene.centres(), {"a": 7, "b": 3, "c": NONE})
    assert [(one.first, one.second) for one in pairs] == [("a", "b")]
    assert pairs[0].distance < 0.5
    assert pairs[0].jaccard > 0.9
    assert crops_of(scene, {"a": NONE}) == []


def test_channels_to_begin_with_are_different():
    assert first_channels(["x", "y"]) == ("x", "y", "")
    assert first_channels(["x", "y", "z", "w"]) == ("x", "y", "z")
