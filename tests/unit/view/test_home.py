"""The home page as it is drawn."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import panel as pn
import pytest
from PIL import Image

from minian_web.state.home import HomeState, Preview
from minian_web.store.catalog import Entry
from minian_web.store.summaries import Details
from minian_web.view.blank import blank_html
from minian_web.view.home import HomeView, png, preview_html
from minian_web.view.keys import EVERYWHERE, shortcuts_of

EVIL = '<img src=x onerror="alert(1)">'
ENTRY = Entry("lab/day1/minian", Path("/data/lab/day1/minian"), "dataset", Path("/data/lab"))
DETAILS = Details("m1", "day1", 27, 600, 128, 160, datetime(2026, 1, 2, tzinfo=UTC), kept=3, discarded=1, undecided=23)
PREVIEW = Preview(ENTRY, DETAILS, np.zeros((4, 6), np.uint8), "/data/lab/day1/minian/curation.jsonl", True, (), ())


def test_nothing_chosen_asks_to_choose():
    assert "Choose a dataset" in preview_html(None)


def test_the_preview_names_counts_place_and_pages():
    text = preview_html(PREVIEW)
    assert "600 frames of 128 × 160 pixels" in text
    assert "27: 3 kept, 1 discarded, 23 undecided" in text
    assert "Saved in" in text
    assert "none that belongs to it" in text
    for page in ("cnmf_review", "movie_viewer", "cross_registration", "parameter_explorer"):
        assert f'href="/{page}?dataset=lab/day1/minian"' in text


def test_a_read_only_dataset_says_why_instead():
    text = preview_html(replace(PREVIEW, writable=False, labels="The server was started read-only."))
    assert "Read-only" in text
    assert "Saved in" not in text


def test_a_broken_dataset_shows_the_reason_and_no_way_into_it():
    text = preview_html(replace(PREVIEW, problem="/data/A: expected x, found y"))
    assert "/data/A: expected x, found y" in text
    assert "<a" not in text


def test_movies_alone_open_in_the_movie_viewer_only():
    text = preview_html(Preview(replace(ENTRY, kind="movies"), Details(movies=("varr",)), movies=()))
    assert text.count("<a ") == 1
    assert "/movie_viewer?" in text


@pytest.mark.parametrize(
    "preview",
    [
        replace(PREVIEW, entry=replace(ENTRY, id=EVIL)),
        replace(PREVIEW, problem=EVIL),
        replace(PREVIEW, labels=EVIL),
        replace(PREVIEW, notices=(EVIL,)),
        replace(PREVIEW, details=replace(DETAILS, problem=EVIL)),
    ],
)
def test_what_comes_from_disk_is_never_markup(preview):
    text = preview_html(preview)
    assert "<img src=x" not in text
    assert "onerror=&quot;" in text


def test_text_of_blank_pages_is_never_markup():
    text = blank_html(EVIL, EVIL, [EVIL], [(EVIL, '"><script>')])
    assert "<img" not in text
    assert "<script>" not in text


def test_a_picture_survives_the_way_to_the_browser():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    kind, data = png(image).split(",", 1)
    assert kind == "data:image/png;base64"
    assert (np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) == image).all()


def test_the_view_offers_every_command_of_its_keys():
    opened = []
    view = HomeView(HomeState(None, deliver=lambda callback: callback()), open_page=opened.append)
    wanted = {one.command for one in shortcuts_of("home") if one.page != EVERYWHERE}
    assert wanted == set(view.commands)
    view.commands["open_review"]()
    assert opened == []
    assert isinstance(view.__panel__(), pn.viewable.Viewable)
