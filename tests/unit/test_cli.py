from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest
import xarray as xr

import minian_web
from minian_web import cli
from minian_web.settings import Settings
from minian_web.store.masks import Box, load_mask, save_mask
from minian_web.store.movies import find_movies
from tests import stores


@pytest.fixture(autouse=True)
def own_directories(tmp_path, monkeypatch):
    for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    for variable in ("ROOTS", "PATTERN", "CACHE_DIR", "STATE_DIR", "READ_ONLY"):
        monkeypatch.delenv(f"MINIAN_WEB_{variable}", raising=False)


@pytest.fixture
def data(tmp_path):
    stores.v2(tmp_path / "data" / "s1", labels={}, with_movies=True)
    return tmp_path / "data"


def run(capsys, *arguments):
    try:
        code = cli.main([str(one) for one in arguments])
    except SystemExit as left:
        code = left.code
    out, err = capsys.readouterr()
    return code, out, err


def refused(capsys, *arguments):
    """What is said, in one line, about something that cannot be done."""
    code, out, err = run(capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "Traceback" not in err
    return err


def test_version(capsys):
    assert run(capsys, "--version")[:2] == (0, f"minian-web {minian_web.__version__}\n")


@pytest.mark.parametrize("command", ["serve", "demo", "export", "check"])
def test_help(capsys, command):
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert f"minian-web {command}" in out


def test_export_of_labels_as_csv_by_name_and_by_path(capsys, data, tmp_path):
    for number, name in enumerate(("data/s1/minian", data / "s1" / "minian")):
        out = tmp_path / f"{number}.csv"
        assert run(capsys, "export", name, "--labels", out, "--root", data)[0] == 0
        table = pd.read_csv(out)
        assert sorted(table["unit_id"]) == sorted(stores.results()["A"]["unit_id"].values.tolist())
        assert set(table["status"]) == {"undecided"}


def test_export_of_labels_as_zarr(capsys, data, tmp_path):
    code, out, _ = run(capsys, "export", data / "s1" / "minian", "--labels", tmp_path / "out.zarr")
    assert (code, out) == (0, f"labels: {tmp_path / 'out.zarr'}\n")
    assert "unit_labels" in xr.open_zarr(tmp_path / "out.zarr")


def test_export_of_a_mask(capsys, data, tmp_path):
    dataset = data / "s1" / "minian"
    assert "no mask was saved" in refused(capsys, "export", dataset, "--mask", tmp_path / "mask.zarr")
    movies, _ = find_movies(data / "s1" / "minian_intermediate")
    save_mask(movies[0], [Box("field", (3, 10), (4, 8))], "field")
    assert run(capsys, "export", dataset, "--mask", tmp_path / "mask.zarr")[0] == 0
    assert int(xr.open_zarr(tmp_path / "mask.zarr")["mask"].sum()) == 8 * 5
    save_mask(movies[1], [Box("other", (0, 1), (0, 1))], "other")
    assert "choose with --movie" in refused(capsys, "export", dataset, "--mask", tmp_path / "two.zarr")
    assert run(capsys, "export", dataset, "--mask", tmp_path / "two.zarr", "--movie", movies[1].name)[0] == 0
    assert int(xr.open_zarr(tmp_path / "two.zarr")["mask"].sum()) == 4


def test_export_of_a_labelled_copy(capsys, tmp_path):
    path = stores.netcdf(tmp_path)
    assert run(capsys, "export", path, "--copy", tmp_path / "copy.nc")[0] == 0
    with xr.open_dataset(tmp_path / "copy.nc", engine="h5netcdf") as opened:
        assert "unit_labels" in opened["A"].coords


def test_check_says_fine_or_not_by_its_exit_code(capsys, data):
    code, out, _ = run(capsys, "check", data)
    assert code == 0
    assert "data/s1/minian: fine" in out
    (data / "s1" / "minian" / "A.zarr" / "A" / ".zarray").write_text("{")
    code, out, _ = run(capsys, "check", data)
    assert code == 1
    assert "A.zarr/A/.zarray" in out


def test_demo_says_how_to_go_on(capsys, tmp_path):
    given = ["demo", tmp_path / "d", "--size", 48, "--frames", 30, "--cells", 8]
    code, out, _ = run(capsys, *given)
    assert code == 0
    assert f"minian-web serve {tmp_path / 'd'}" in out
    assert "expected a new or an empty folder" in refused(capsys, *given)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "COMMAND"),
        (["fly"], "invalid choice"),
        (["serve", "/nowhere"], "/nowhere: no such folder"),
        (["serve", "--port", "x"], "x is no port"),
        (["serve", "--port", "70000"], "70000 is no port"),
        (["serve", "--pattern", "("], "no regular expression"),
        (["serve", "--num-threads", "0"], "no whole number above 0"),
        (["check", "/nowhere"], "no such folder"),
        (["export", "nothing-of-this-name"], "nothing to export"),
        (["export", "nothing-of-this-name", "--labels", "x.csv"], "nothing-of-this-name"),
        (["export", "nothing-of-this-name", "--labels", "x.csv", "--root", "/nowhere"], "/nowhere: no such folder"),
    ],
)
def test_misuse_is_told_in_one_line(capsys, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, *arguments)


def test_refusals_of_export(capsys, data, tmp_path):
    dataset = data / "s1" / "minian"
    assert "ending in .csv or .zarr" in refused(capsys, "export", dataset, "--labels", tmp_path / "x.txt")
    (tmp_path / "x.csv").write_text("")
    assert "--overwrite" in refused(capsys, "export", dataset, "--labels", tmp_path / "x.csv")
    assert run(capsys, "export", dataset, "--labels", tmp_path / "x.csv", "--overwrite")[0] == 0
    assert "lies in the dataset" in refused(capsys, "export", dataset, "--labels", dataset / "x.zarr")
    (dataset / "curation.jsonl").write_text("broken\n")
    assert "curation.jsonl" in refused(capsys, "export", dataset, "--labels", tmp_path / "y.csv")
    assert not (tmp_path / "y.csv").exists()


def test_serve_hands_everything_on(monkeypatch, data, tmp_path):
    given = {}

    def serve(settings, **options):
        given.update(options, settings=settings)

    monkeypatch.setattr("minian_web.server.serve.serve", serve)
    options = (
        "--port 0 --address ::1 --prefix /m --use-xheaders --allow-websocket-origin lab:80 --memory 64 --read-only"
    )
    folders = ["--state-dir", str(tmp_path / "s"), "--cache-dir", str(tmp_path / "c"), "--pattern", "x$"]
    assert cli.main(["serve", str(data), *options.split(), *folders]) == 0
    settings = given["settings"]
    assert settings.roots == (data,)
    assert (settings.memory, settings.read_only, settings.pattern) == (64 * 2**20, True, "x$")
    assert (settings.state_dir, settings.cache_dir) == (tmp_path / "s", tmp_path / "c")
    assert (given["port"], given["address"], given["prefix"]) == (0, "::1", "/m")
    assert given["use_xheaders"]
    assert given["allow_websocket_origin"] == ["lab:80"]


def test_roots_come_from_the_command_line_else_the_environment_else_here(monkeypatch, data, tmp_path):
    seen = []
    monkeypatch.setattr("minian_web.server.serve.serve", lambda settings, **_: seen.append(settings.roots))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["serve"]) == 0
    monkeypatch.setenv("MINIAN_WEB_ROOTS", str(data))
    assert cli.main(["serve"]) == 0
    assert cli.main(["serve", str(tmp_path)]) == 0
    assert [root[0].resolve() for root in seen] == [tmp_path, data, tmp_path]


def test_serving_a_network_without_login_is_refused(capsys, data):
    assert "--basic-auth" in refused(capsys, "serve", data, "--address", "0.0.0.0", "--port", "0")


def test_load_mask_is_there_but_importing_the_package_is_cheap():
    assert minian_web.load_mask is load_mask
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        minian_web.nothing  # noqa: B018
    code = "import sys, minian_web, minian_web.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "minian_web.cli" in loaded
    assert not {"numpy", "zarr", "xarray", "panel"} & set(loaded)


def test_installed_command_runs():
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from minian_web.cli import main; sys.exit(main())", "check", "/nowhere"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "minian-web: /nowhere: no such folder\n")


def test_the_help_says_the_default_that_holds(capsys):
    with pytest.raises(SystemExit):
        cli.main(["serve", "--help"])
    assert f"default: {Settings().memory // 2**20}" in " ".join(capsys.readouterr().out.split())
