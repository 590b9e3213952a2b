"""What tests of states share."""

import pytest

from minian_web.runtime import Runtime
from minian_web.settings import Settings


@pytest.fixture
def runtime(tmp_path, root):
    """`runtime()` makes a runtime on the `root` of the test's module; it ends with the test."""
    made = []

    def make():
        made.append(Runtime(Settings(roots=(root,), state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")))
        return made[-1]

    yield make
    for one in made:
        one.close()
