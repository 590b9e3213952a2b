"""What one browser session has around its page."""

from __future__ import annotations

import html
import logging
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import panel as pn
import param

from minian_web import assets
from minian_web.errors import MinianWebError
from minian_web.state.picker import matching
from minian_web.view.bar import Bar
from minian_web.view.delivery import Delivery
from minian_web.view.links import TITLES, href, query_of, requested, value_of

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.catalog import Entry

_log = logging.getLogger(__name__)
NO_PROGRESS = -1.0
SECONDS_TO_SETTLE = 0.4


class Shell(param.Parameterized):
    """What one browser session has around its page: messages, reviewer, progress, the way back to its thread."""

    page = param.String(doc="Input: address of the page")
    dataset = param.String(doc="Input: id of the dataset in the page's address")
    error = param.String(doc="Output: what went wrong, for the person")
    notices = param.List([], item_type=str, doc="Output: what the person should know before working")
    hides_body = param.Boolean(False, doc="Input: an error makes the rest of the page meaningless")

    def __init__(self, page: str, runtime: Runtime) -> None:
        super().__init__(page=page, dataset=requested("dataset"))
        self._runtime = runtime
        self._delivery = Delivery(pn.state.curdoc, self.unexpected)
        pn.state.onload(self._delivery.begin)
        self._asking: list[Any] = []
        self._states: list[Any] = []
        self._query = {"dataset": self.dataset}
        pn.state.on_session_destroyed(self._leave)
        pn.config.exception_handler = self.unexpected
        dark = pn.state.cookies.get("minian_web_theme") == "dark"
        self.bar = Bar(
            find=self._find,
            refused=self._stop_asking,
            home=href("home"),
            dataset=self.dataset,
            pages=self._pages(),
            dark=dark,
            login=_login_name(),
            leave=f"{href('home')}logout" if pn.state.user not in (None, "guest") else "",
            sizing_mode="stretch_width",
            margin=0,
        )

    def _leave(self, _context: Any) -> None:
        self._delivery.end()
        for state in self._states:
            if hasattr(state, "close"):
                state.close()

    # --- the page's thread -----------------------------------------------------------------------------------------

    def deliver(self, callback: Callable[[], None]) -> None:
        """Run a callback on the thread of this page; after the page was left nothing is run."""
        self._delivery(callback)

    def settle(self, done: Callable[[], bool]) -> None:
        """Wait a moment, while the page is built, for what it cannot be drawn without; later it comes as it comes."""
        self._delivery.settle(done, SECONDS_TO_SETTLE)

    def unexpected(self, error: BaseException) -> None:
        """Show an error of ours by its text, any other as an internal error with an id that is in the log."""
        if isinstance(error, MinianWebError):
            self.error = str(error)
            return
        name = uuid.uuid4().hex[:8]
        _log.error("internal error %s on page %s, dataset %r", name, self.page, self.dataset, exc_info=error)
        self.error = f"Internal error {name}. Nothing that was saved is lost; the server's log says more under this id."

    # --- what a state says -----------------------------------------------------------------------------------------

    def attach(self, state: param.Parameterized) -> None:
        """Show what a state says, and give it what the person set.

        Recognised by name, where the state has them: outputs `error`, `notice` or `notices`, `progress` (0..1 or
        None) with `doing`, `asks_name`; input and output `reviewer`.
        """
        self._states.append(state)
        for name, follow in self._followed().items():
            if name in state.param:
                state.param.watch(lambda event, follow=follow: follow(event.new), name)
                follow(getattr(state, name))
        if "reviewer" in state.param:
            self._link_reviewer(state)
        if "asks_name" in state.param:
            state.param.watch(lambda event: self._ask_name(state) if event.new else None, "asks_name")

    def _followed(self) -> dict[str, Callable[[Any], None]]:
        return {
            "error": lambda value: setattr(self, "error", value or ""),
            "notice": lambda value: setattr(self, "notices", [value] if value else []),
            "notices": lambda value: setattr(self, "notices", list(value)),
            "progress": self.show_progress,
            "doing": lambda value: setattr(self.bar, "doing", value),
        }

    def _link_reviewer(self, state: Any) -> None:
        state.reviewer = self.bar.signs_as or state.reviewer
        self.bar.param.watch(lambda _event: setattr(state, "reviewer", self.bar.signs_as), "reviewer")

    def _ask_name(self, state: param.Parameterized) -> None:
        self._asking.append(state)
        self.bar.ask("reviewer")

    def _stop_asking(self) -> None:
        """The person closed the dialog without a name."""
        for state in self._asking:
            state.asks_name = False
        self._asking.clear()

    def show_progress(self, fraction: float | None) -> None:
        """Show how far long work is; None, 0 or 1 hides it."""
        self.bar.progress = fraction if fraction is not None and 0 < fraction < 1 else NO_PROGRESS

    # --- the address -----------------------------------------------------------------------------------------------

    def go(self, page: str) -> None:
        """Open another page with this dataset."""
        self.bar.visit(href(page, self.dataset))

    @param.depends("dataset", watch=True)
    def _follow_dataset(self) -> None:
        self._query["dataset"] = self.dataset
        self.bar.param.update(dataset=self.dataset, pages=self._pages(), query=query_of(self._query))

    def _pages(self) -> list[dict[str, Any]]:
        return [
            {"title": title, "href": href(one, self.dataset), "current": one == self.page}
            for one, title in TITLES.items()
        ]

    def sync(self, state: param.Parameterized, names: Iterable[str]) -> None:
        """Take inputs of a state from the page's address, and keep the address up to date so that it can be mailed."""
        for name in names:
            text = requested(name)
            try:
                if text:
                    setattr(state, name, value_of(state.param[name], text))
            except (ValueError, TypeError):
                self.notices = [*self.notices, f"{name}={text[:80]} in the address is no {name} and was left out."]
            state.param.watch(self._address, name)

    def _address(self, event: Any) -> None:
        self._query[event.name] = "" if event.new is None else str(event.new)
        self.bar.query = query_of(self._query)

    # --- the picker ------------------------------------------------------------------------------------------------

    def _find(self, query: str) -> None:
        self._runtime.jobs.run(
            lambda _tick: matching(self._runtime.catalog.entries(), query),
            done=self._show_matches,
            failed=self.unexpected,
            deliver=self.deliver,
            short=True,
            name="find dataset",
        )

    def _show_matches(self, entries: Iterable[Entry]) -> None:
        self.bar.matches = [self._match(entry) for entry in entries]
        self.bar.param.trigger("matches")

    def _match(self, entry: Entry) -> dict[str, str]:
        page = self.page if entry.kind == "dataset" or self.page == "home" else "movie_viewer"
        return {
            "text": entry.id,
            "note": "" if entry.kind == "dataset" else "movies only",
            "href": href(page, entry.id),
        }

    # --- the page itself -------------------------------------------------------------------------------------------

    def body(self, build: Callable[[Shell], Any]) -> tuple[Any, dict[str, Callable[[], Any]]]:
        """Build what the page shows and the commands that its keys call; a failure becomes the page's error."""
        try:
            made = build(self)
        except Exception as error:  # noqa: BLE001 - the edge of the page: logged, shown with an id
            self.unexpected(error)
            return pn.Spacer(height=0), {}
        return made, dict(getattr(made, "commands", {}))

    @param.depends("error", "notices")
    def messages(self) -> pn.viewable.Viewable:
        """The error and the notices, as escaped text."""
        parts = [_message("error", self.error, "" if self.page == "home" else href("home"))] if self.error else []
        parts += [_message("notice", text) for text in self.notices]
        return pn.pane.HTML(
            "".join(parts),
            stylesheets=[assets.text("pane.css")],
            sizing_mode="stretch_width",
            margin=0,
            visible=bool(parts),
        )


def _login_name() -> str:
    return pn.state.user if pn.state.user not in (None, "guest") else ""


def _message(kind: str, text: str, home: str = "") -> str:
    link = f' <a href="{html.escape(home)}">Choose another dataset</a>' if home else ""
    role = "alert" if kind == "error" else "status"
    return f'<div class="message {kind}" role="{role}"><span>{html.escape(text)}</span>{link}</div>'
