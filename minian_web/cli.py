"""The command `minian-web`: serve, demo, export, check."""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from minian_web import __version__
from minian_web.errors import BadRequest, MinianWebError
from minian_web.settings import PATTERN, Settings, from_env

if TYPE_CHECKING:
    from minian_web.store.curation import Curation
    from minian_web.store.movies import Movie

OK, FOUND_PROBLEMS, MISUSED, INTERRUPTED = 0, 1, 2, 130


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments."""

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2."""
        self.exit(MISUSED, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit code: 0 fine, 1 `check` found problems, 2 it could not be done."""
    given = parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if given.verbose > 1 else logging.INFO if given.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        return int(given.run(given))
    except MinianWebError as error:
        sys.stderr.write(f"minian-web: {' '.join(str(error).split())}\n")
        return MISUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads; do not say so at exit
        return OK


def parser() -> Parser:
    """Arguments of the command."""
    top = Parser(prog="minian-web", description="Look at and curate the results of the miniscope pipeline minian.")
    top.add_argument("--version", action="version", version=f"minian-web {__version__}")
    top.add_argument("-v", "--verbose", action="count", default=0, help="say more on standard error; twice: still more")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_serve(commands)
    _add_demo(commands)
    _add_export(commands)
    _add_check(commands)
    return top


def _add_serve(commands: Any) -> None:
    serve = commands.add_parser("serve", help="serve the datasets under some folders to the browser")
    _add_roots(serve)
    _add_directories(serve)
    serve.add_argument("--port", type=_port, default=5006, help="default: %(default)s; 0 takes a free one")
    serve.add_argument("--address", default="127.0.0.1", help="default: %(default)s, this computer only")
    serve.add_argument("--basic-auth", type=Path, metavar="FILE", help='names and passwords: {"ann": "password"}')
    serve.add_argument("--insecure", action="store_true", help="reachable from other computers without a login")
    serve.add_argument("--prefix", default="", help="path below which a proxy serves the pages, such as /minian")
    serve.add_argument("--use-xheaders", action="store_true", help="believe a proxy's X-Real-IP, X-Forwarded-Proto")
    serve.add_argument(
        "--allow-websocket-origin", action="append", default=[], metavar="HOST[:PORT]", help="where pages are opened"
    )
    serve.add_argument("--num-threads", type=_count, default=4, metavar="N", help="default: %(default)s")
    megabytes = Settings.memory // 2**20
    serve.add_argument("--memory", type=_count, metavar="MB", help=f"for decoded frames; default: {megabytes}")
    serve.add_argument("--read-only", action="store_true", help="write nothing into the folders")
    serve.set_defaults(run=_serve)


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser("demo", help="write a demo dataset")
    demo.add_argument("folder", nargs="?", type=Path, default=Path("demo-data"), metavar="DIR", help="new or empty")
    demo.add_argument("--frames", type=_count, default=1000, help="default: %(default)s")
    demo.add_argument("--size", type=_count, default=256, help="height and width in pixels; default: %(default)s")
    demo.add_argument("--cells", type=_count, default=60, help="default: %(default)s")
    demo.add_argument("--seed", type=int, default=0, help="same seed, same data; default: %(default)s")
    demo.set_defaults(run=_demo)


def _add_export(commands: Any) -> None:
    export = commands.add_parser("export", help="write what was decided, for other programs")
    export.add_argument("dataset", metavar="DATASET", help="a path, or a name under a root")
    export.add_argument("--labels", type=Path, metavar="OUT.csv|OUT.zarr", help="labels as a table or a zarr store")
    export.add_argument("--mask", type=Path, metavar="OUT.zarr", help="mask of a movie as a boolean zarr array")
    export.add_argument("--movie", metavar="NAME", help="which movie's mask, where several have one")
    export.add_argument("--copy", type=Path, metavar="OUT.nc", help="labelled copy of a netCDF dataset")
    export.add_argument("--cleaned", type=Path, metavar="OUT", help="dataset after curation, a new folder for minian")
    export.add_argument("--traces", type=Path, metavar="OUT.csv|OUT.mat", help="traces of the cells after curation")
    export.add_argument(
        "--variable", action="append", default=[], metavar="NAME", help="for OUT.csv: C (default), S, YrA; may repeat"
    )
    export.add_argument("--accepted-only", action="store_true", help="leave undecided cells out of --cleaned, --traces")
    export.add_argument("--label-set", default="main", metavar="NAME", help="a reviewer's own set; default: main")
    export.add_argument("--overwrite", action="store_true", help="replace OUT.csv or OUT.mat when it exists")
    export.add_argument("--root", action="append", type=Path, default=[], help="where the name is; default: as `serve`")
    _add_directories(export)
    export.set_defaults(run=_export)


def _add_check(commands: Any) -> None:
    check = commands.add_parser("check", help="say what is readable, complete torn writes, say who is writing")
    _add_roots(check)
    _add_directories(check)
    check.add_argument("--deep", action="store_true", help="decode every chunk of the results; slow")
    check.add_argument("--read-only", action="store_true", help="complete nothing, only look")
    check.set_defaults(run=_check)


def _add_roots(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "roots", nargs="*", type=Path, metavar="ROOT", help="default: $MINIAN_WEB_ROOTS, else this folder"
    )


def _add_directories(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pattern", type=_pattern, help=f"regular expression of datasets' names; default: {PATTERN}")
    command.add_argument("--cache-dir", type=Path, metavar="DIR", help="may be deleted at any time")
    command.add_argument("--state-dir", type=Path, metavar="DIR", help="logs of read-only datasets; keep it")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port, expected 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number above 0")
    return int(text)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error
    return text


def settings_of(given: argparse.Namespace, roots: Sequence[Path]) -> Settings:
    """Settings from the environment, with what was given on the command line; without roots, this folder.

    Raises
    ------
    BadRequest
        If a root does not exist.
    """
    base = from_env()
    changes: dict[str, Any] = {"roots": tuple(roots) or base.roots or (Path(),)}
    changes |= {name: value for name in ("pattern", "cache_dir", "state_dir") if (value := getattr(given, name))}
    if getattr(given, "memory", None):
        changes["memory"] = given.memory * 2**20
    if getattr(given, "read_only", False):
        changes["read_only"] = True
    for root in changes["roots"]:
        if not root.exists():
            raise BadRequest(f"{root}: no such folder")
    return replace(base, **changes)


def _serve(given: argparse.Namespace) -> int:
    from minian_web.server.serve import serve

    options = ("port", "address", "basic_auth", "insecure", "prefix", "use_xheaders", "num_threads")
    serve(
        settings_of(given, given.roots),
        **{name: getattr(given, name) for name in options},
        allow_websocket_origin=given.allow_websocket_origin,
    )
    return OK


def _demo(given: argparse.Namespace) -> int:
    from minian_web.demo import write_demo
    from minian_web.model.simulate import Plan

    plan = Plan(height=given.size, width=given.size, frames=given.frames, cells=given.cells, seed=given.seed)
    write_demo(given.folder, plan, tell=print)
    print(f"look at it with: minian-web serve {given.folder}")
    return OK


def _export(given: argparse.Namespace) -> int:
    if not (given.labels or given.mask or given.copy or given.cleaned or given.traces):
        raise BadRequest("nothing to export: give --labels, --cleaned, --traces, --mask or --copy")
    from minian_web.store.opening import locate, opened_curation

    catalog, entry = locate(settings_of(given, given.root), given.dataset)
    if given.mask:
        _export_mask(given, [pairing.movie for pairing in catalog.movies(entry.id)])
    if given.labels or given.copy or given.cleaned or given.traces:
        with opened_curation(settings_of(given, given.root), catalog, entry) as curation:
            _export_labels(given, curation)
            _export_curated(given, curation)
    return OK


def _export_curated(given: argparse.Namespace, curation: Curation) -> None:
    chosen = {"label_set": given.label_set, "accepted_only": given.accepted_only}
    if given.traces:
        from minian_web.store import trace_tables

        options = {**chosen, "overwrite": given.overwrite, "tick": _progress("traces")}
        if given.traces.suffix == ".csv":
            written = trace_tables.write_wide_csv(given.traces, curation, given.variable or ("C",), **options)
        elif given.traces.suffix == ".mat":
            written = trace_tables.write_mat(given.traces, curation, **options)
        else:
            raise BadRequest(f"{given.traces}: expected a name ending in .csv or .mat")
        for path in written:
            print(f"traces: {path}")
    if given.cleaned:
        from minian_web.store.cleaned import write_cleaned

        count = write_cleaned(given.cleaned, curation, tick=_progress("dataset after curation"), **chosen)
        print(f"dataset after curation: {given.cleaned} ({count['units']} units became {count['cells']} cells)")


def _progress(what: str) -> Callable[[float], None]:
    """Tell on the terminal how much is done; nothing when nobody looks."""
    if not sys.stderr.isatty():
        return lambda _done: None

    def tell(done: float) -> None:
        sys.stderr.write(f"\r{what}: {100 * done:3.0f} %" + ("\n" if done >= 1 else ""))
        sys.stderr.flush()

    return tell


def _export_labels(given: argparse.Namespace, curation: Curation) -> None:
    from minian_web.store import exports

    if given.labels and given.labels.suffix == ".csv":
        exports.write_csv(given.labels, exports.label_csv(curation, given.label_set), overwrite=given.overwrite)
        print(f"labels: {given.labels}")
    elif given.labels and given.labels.suffix == ".zarr":
        exports.write_label_store(given.labels, curation, given.label_set)
        print(f"labels: {given.labels}")
    elif given.labels:
        raise BadRequest(f"{given.labels}: expected a name ending in .csv or .zarr")
    if given.copy:
        exports.write_copy(given.copy, curation, given.label_set)
        print(f"labelled copy: {given.copy}")


def _export_mask(given: argparse.Namespace, found: Sequence[Movie]) -> None:
    from minian_web.store import exports
    from minian_web.store.masks import read_mask

    movies = {movie.name: movie for movie in found}
    masked = [name for name, movie in movies.items() if read_mask(movie) is not None]
    name = given.movie or (masked[0] if len(masked) == 1 else "")
    if name not in movies:
        saved = f"masks were saved on {', '.join(masked)}" if masked else "no mask was saved on any movie"
        wanted = f"no movie {name!r}; " if name else ""
        raise BadRequest(f"{given.dataset}: {wanted}{saved}" + ("; choose with --movie" if masked else ""))
    exports.write_mask_store(given.mask, movies[name])
    print(f"mask of {name}: {given.mask}")


def _check(given: argparse.Namespace) -> int:
    from minian_web.store.checks import check

    fine = True
    for finding in check(settings_of(given, given.roots), deep=given.deep):
        print(finding.text)
        fine = fine and finding.fine
    return OK if fine else FOUND_PROBLEMS
