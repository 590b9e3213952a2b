"""What the documents say about names, columns and code holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import minian_web
from minian_web.cli import parser
from minian_web.model.decisions import STATUSES
from minian_web.store.exports import COLUMNS
from minian_web.store.masks import Box, save_mask
from minian_web.store.movies import find_movies
from tests import stores

HERE = Path(__file__).parents[2]
README = (HERE / "README.md").read_text()
GUIDE = (HERE / "docs" / "guide.md").read_text()
DOCUMENTS = [HERE / "README.md", *sorted((HERE / "docs").glob("*.md"))]


def commands():
    return next(action.choices for action in parser()._actions if action.choices)


@pytest.mark.parametrize("command", ["serve", "demo", "export", "check"])
def test_every_command_is_in_the_readme(command):
    assert sorted(commands()) == ["check", "demo", "export", "serve"]
    assert f"minian-web {command}" in README


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_options_in_documents_exist(document):
    known = {option for one in commands().values() for option in one._option_string_actions}
    known |= {"--user", "--rm", "--restart", "--version"}  # docker's, and the command's own
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", document.read_text())) <= known


@pytest.mark.parametrize("word", [*COLUMNS, *STATUSES])
def test_columns_and_statuses_are_explained(word):
    assert re.search(rf"\b{word}\b", GUIDE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document):
    for target in re.findall(r"\]\(([^):#]+)\)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_code_for_minian_in_the_readme_works(tmp_path):
    ids = stores.results()["A"]["unit_id"].values
    dataset = stores.v2(tmp_path, labels={int(ids[1]): -1, int(ids[3]): int(ids[0])}, with_movies=True)
    code = _code("open_minian").replace("from minian.utilities import open_minian", "")
    names = {"open_minian": lambda path: stores.open_minian(dataset)}
    exec(code, names)
    assert sorted(names["cells"]["unit_labels"].values) == sorted(set(ids) - {ids[1], ids[3]})


def test_code_for_masks_in_the_readme_works(tmp_path, monkeypatch):
    stores.v2(tmp_path, with_movies=True)
    movie = next(one for one in find_movies(tmp_path / "minian_intermediate")[0] if one.variable == "varr")
    save_mask(movie, [Box("field", (3, 10), (4, 8))], "field")
    load = minian_web.load_mask
    monkeypatch.setattr(minian_web, "load_mask", lambda path: load(movie.group), raising=False)
    names = {"varr": stores.movies()["varr"]}
    exec(_code("load_mask"), names)
    assert names["varr"].shape[1:] == (8, 5)


def _code(containing):
    return next(code for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if containing in code)
