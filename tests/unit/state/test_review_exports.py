import io
import zipfile

from minian_web.state.review_exports import ReviewExports, place_for_cleaned
from minian_web.store.datasets import open_dataset
from tests.unit.state.test_review import opened, root, saved
from tests.unit.state.waiting import wait

__all__ = ["root"]


def exports_of(run):
    return ReviewExports(run, lambda callback: callback())


def test_files_for_download(runtime):
    run = runtime()
    state, exports = opened(run), exports_of(run)
    for form, start in (("traces", b"PK"), ("mat", b"MATLAB 5.0")):
        exports.make(form, state.opened)
        wait(lambda: exports.token)
        path, name = run.made.find(exports.token)
        assert path.read_bytes().startswith(start)
        assert name.startswith("data_minian_traces")
    exports.make("traces", state.opened)
    exports.make("mat", state.opened)
    assert "already" in exports.message or exports.token
    wait(lambda: exports.token)


def test_the_dataset_after_curation_beside_the_dataset(runtime):
    run = runtime()
    state, exports = opened(run, advance=False), exports_of(run)
    state.decide("discard")
    saved(state)
    exports.write_dataset(state.opened)
    wait(lambda: exports.progress is None)
    place = state.opened.dataset.path.parent / "curated" / "minian"
    assert str(place) in exports.message
    assert len(open_dataset(place).stored_units) == len(state.walk.order) - 1
    assert place_for_cleaned(state.opened.dataset.path) == place.parent.with_name("curated_2") / "minian"


def test_cancelled_or_read_only(runtime):
    run = runtime()
    state, exports = opened(run), exports_of(run)
    run.why_not_write = lambda _id: "somebody else writes"
    exports.write_dataset(state.opened)
    wait(lambda: exports.progress is None)
    assert exports.message == "somebody else writes"
    exports.make("traces", state.opened)
    exports.cancel()
    assert exports.progress is None


def test_the_zip_is_of_the_set_that_is_shown(runtime):
    run = runtime()
    state, exports = opened(run, label_set="bob"), exports_of(run)
    state.decide_about("discard", state.walk.order[:2])
    saved(state)
    exports.make("traces", state.opened, "bob")
    wait(lambda: exports.token)
    with zipfile.ZipFile(io.BytesIO(run.made.find(exports.token)[0].read_bytes())) as archive:
        header = archive.read("C.csv").split(b"\n")[0].decode().split(",")
    assert len(header) - 1 == len(state.walk.order) - 2
