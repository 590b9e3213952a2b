"""Run as a process of its own: reads pickled tables with nothing but an allow-list and writes them as JSON.

Standalone on purpose (`python -I pickle_child.py FILE...`): no module of minian-web is imported here. What a pickle
asks for is looked up in `ALLOWED`, exactly; everything else ends the process with the reason on its error output.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import pickletools
import resource
import sys
from typing import Any

MEMORY = 3 * 2**30  # bytes of address space: pandas and its libraries take about one of them
SECONDS = 30
LARGEST = 64 * 2**20  # bytes of a pickle; 100,000 cells take about 10 MB
REFUSED_OPCODES = {"EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID", "INST", "OBJ"}
FORBIDDEN_EVENTS = ("os.", "subprocess.", "socket.", "shutil.", "ctypes.", "pty.", "webbrowser.", "http.", "urllib.")
QUIET_EVENTS = {"os.listdir", "os.scandir", "os.walk"}  # what an import does

ALLOWED = {
    *((module, name) for module in ("builtins", "__builtin__") for name in ("slice", "bytearray")),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    *((f"numpy.{core}.multiarray", name) for core in ("core", "_core") for name in ("_reconstruct", "scalar")),
    *((f"numpy.{core}.numeric", "_frombuffer") for core in ("core", "_core")),
    *(("pandas", name) for name in ("DataFrame", "Index", "MultiIndex", "RangeIndex", "StringDtype")),
    ("pandas.arrays", "StringArray"),
    ("pandas.arrays", "ArrowStringArray"),
    ("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"),
    ("pandas._libs.internals", "_unpickle_block"),
    ("pandas.core.internals.blocks", "new_block"),
    ("pandas.core.internals.managers", "BlockManager"),
    ("pandas.core.frame", "DataFrame"),
    ("pandas.core.indexes.base", "Index"),
    ("pandas.core.indexes.base", "_new_Index"),
    *(("pandas.core.indexes.numeric", name) for name in ("Int64Index", "UInt64Index", "Float64Index")),
    ("pandas.core.indexes.multi", "MultiIndex"),
    ("pandas.core.indexes.range", "RangeIndex"),
    ("pandas.core.indexes.frozen", "FrozenList"),
    ("pandas.core.arrays.string_", "StringArray"),
    ("pandas.core.arrays.string_", "StringDtype"),
    ("pandas.core.arrays.string_arrow", "ArrowStringArray"),
    *(("pyarrow.lib", name) for name in ("_restore_array", "py_buffer", "type_for_alias")),
    ("_codecs", "encode"),  # how protocol 2 writes bytes
}


class Refused(Exception):
    """The pickle is not a table, or asks for more than a table needs."""


def main(paths: list[str]) -> int:
    """Write the tables as JSON, a line each; the exit status is 1 and the reason on the error output if one is not."""
    with contextlib.suppress(ImportError):
        import pyarrow  # noqa: F401 - strings of newer pandas; imported before memory is limited
    import numpy as np
    from pandas.compat import pickle_compat

    found = []
    for path in paths:
        with open(path, "rb") as file:
            found.append(file.read(LARGEST + 1))
    _lock_down()
    try:
        for path, data in zip(paths, found, strict=True):  # noqa: B007 - names the file at fault
            table = _loaded(pickle_compat, data)
            sys.stdout.write(json.dumps(_plain(table, np)) + "\n")
    except BaseException as error:  # noqa: BLE001 - whatever a hostile pickle raises becomes the reason
        sys.stderr.write(f"{path}\0{type(error).__name__}: {error}"[:2000])
        return 1
    return 0


def _lock_down() -> None:
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0)):
        resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        mode = arguments[1]
        if isinstance(mode, str) and set(mode) & set("wax+"):
            raise Refused(f"a file would be written: {arguments[0]!r}")
    elif event.startswith(FORBIDDEN_EVENTS) and event not in QUIET_EVENTS:
        raise Refused(f"{event} is not allowed")


def _loaded(pickle_compat: Any, data: bytes) -> Any:
    if len(data) > LARGEST:
        raise Refused(f"larger than {LARGEST // 2**20} MB")
    try:
        bad = next((code.name for code, _, _ in pickletools.genops(data) if code.name in REFUSED_OPCODES), "")
    except ValueError as error:
        raise Refused(f"no whole pickle ({error})") from None
    if bad:
        raise Refused(f"holds {bad}, which no table needs")

    class Unpickler(pickle_compat.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) not in ALLOWED:
                raise Refused(f"asks for {module}.{name}, which no table needs")
            return super().find_class(module, name)

    return Unpickler(io.BytesIO(data)).load()


def _plain(table: Any, np: Any) -> dict[str, Any]:
    import pandas as pd

    if type(table) is not pd.DataFrame:
        raise Refused(f"holds a {type(table).__name__}, not a table")
    names: list[Any] = list(table.columns)
    columns = [[str(part) for part in (name if isinstance(name, tuple) else (name,))] for name in names]
    values = [[_value(value, np) for value in table.iloc[:, at].tolist()] for at in range(len(columns))]
    return {"columns": columns, "values": values}


def _value(value: Any, np: Any) -> Any:
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, tuple):
        return [_value(part, np) for part in value]
    return str(value) if isinstance(value, str) else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
