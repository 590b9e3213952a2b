"""The frame of every page, and the only module that knows panel-material-ui."""

from __future__ import annotations

import html
import logging
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui
import param
from jinja2 import Template
from panel_material_ui.base import _env

from minian_web import assets
from minian_web.errors import MinianWebError
from minian_web.state.picker import matching
from minian_web.view import theme
from minian_web.view.bar import Bar
from minian_web.view.keys import Keys, label_of, shortcuts_of
from minian_web.view.links import TITLES, href, requested

if TYPE_CHECKING:
    from minian_web.runtime import Runtime
    from minian_web.store.catalog import Entry

__all__ = ["Shell", "blank", "button", "checkbox", "dialog", "select", "show", "slider", "text_input", "toggle"]

_log = logging.getLogger(__name__)
_PANE_CSS = assets.text("pane.css")
NO_PROGRESS = -1.0


class Shell(param.Parameterized):
    """What one browser session has around its page: messages, reviewer, progress, the way back to its thread."""

    page = param.String(doc="Input: address of the page")
    dataset = param.String(doc="Input: id of the dataset in the page's address")
    error = param.String(doc="Output: what went wrong, for the person")
    notices = param.List([], item_type=str, doc="Output: what the person should know before working")
    hides_body = param.Boolean(False, doc="Input: an error makes the rest of the page meaningless")

    def __init__(self, page: str, runtime: Runtime) -> None:
        super().__init__(page=page, dataset=requested("dataset"))
        self._runtime, self._doc, self._gone = runtime, pn.state.curdoc, False
        self._asking: list[Any] = []
        pn.state.on_session_destroyed(self._leave)
        pn.config.exception_handler = self.unexpected
        dark = pn.state.cookies.get("minian_web_theme") == "dark"
        self.bar = Bar(
            find=self._find,
            refused=self._stop_asking,
            home=href("home"),
            dataset=self.dataset,
            pages=[{"title": TITLES[one], "href": href(one, self.dataset), "current": one == page} for one in TITLES],
            dark=dark,
            reviewer=_login_name(),
            leave=f"{href('home')}logout" if pn.state.user not in (None, "guest") else "",
            sizing_mode="stretch_width",
            margin=0,
        )

    def _leave(self, _context: Any) -> None:
        self._gone = True

    # --- the page's thread -----------------------------------------------------------------------------------------

    def deliver(self, callback: Callable[[], None]) -> None:
        """Run a callback on the thread of this page; after the page was left nothing is run."""

        def call() -> None:
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - the edge of the page: logged, shown with an id
                self.unexpected(error)

        if self._gone or self._doc is None or self._doc.session_context is None:
            return
        self._doc.add_next_tick_callback(call)

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
        state.reviewer = self.bar.reviewer or state.reviewer
        self.bar.param.watch(lambda event: setattr(state, "reviewer", event.new), "reviewer")

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
            "".join(parts), stylesheets=[_PANE_CSS], sizing_mode="stretch_width", margin=0, visible=bool(parts)
        )


def _login_name() -> str:
    return pn.state.user if pn.state.user not in (None, "guest") else ""


def _message(kind: str, text: str, home: str = "") -> str:
    link = f' <a href="{html.escape(home)}">Choose another dataset</a>' if home else ""
    role = "alert" if kind == "error" else "status"
    return f'<div class="message {kind}" role="{role}"><span>{html.escape(text)}</span>{link}</div>'


def show(page: str, build: Callable[[Shell], Any], runtime: Runtime) -> pmui.Page:
    """Make a page of the product.

    Parameters
    ----------
    page
        Its address, a key of `links.TITLES`.
    build
        Called with the `Shell`; gives the body, a `Viewer` or viewable, whose `commands`, if any, the keys call.
    runtime
        Of this process.
    """
    shell = Shell(page, runtime)
    body, commands = shell.body(build)
    commands |= {"help": lambda: shell.bar.ask("help"), "find_dataset": lambda: shell.bar.ask("find")}
    shell.bar.shortcuts = [
        {"key": label_of(one.key), "text": one.description} for one in shortcuts_of(page) if one.command in commands
    ]
    content = pn.Column(
        shell.messages,
        pn.Column(
            body,
            sizing_mode="stretch_both",
            margin=0,
            visible=pn.bind(lambda error: not (error and shell.hides_body), shell.param.error),
        ),
        Keys(page, commands),
        sizing_mode="stretch_both",
        margin=0,
    )
    return _page(page, shell, content)


def _page(page: str, shell: Shell, content: pn.viewable.Viewable) -> pmui.Page:
    title = f"{shell.dataset} · {TITLES[page]}" if shell.dataset else TITLES[page]
    made = pmui.Page(
        header=[shell.bar],
        main=[content],
        title="",
        meta_title=f"{title} · {theme.PRODUCT}",
        dark_theme=shell.bar.dark,
        theme_toggle=False,
        busy_indicator=None,
        theme_config=theme.theme_config(),
        favicon=assets.STATIC / "favicon.svg",
        template=_template(shell.bar.dark),
    )
    shell.bar.param.watch(lambda event: setattr(made, "dark_theme", event.new), "dark")
    return made


def _template(dark: bool) -> Template:
    return _env.from_string(
        assets.text("page.html"),
        globals={
            "mw_light": theme.css_variables(dark=False),
            "mw_dark": theme.css_variables(dark=True),
            "mw_theme": "dark" if dark else "light",
            "mw_logo": assets.text("logo.svg"),
            "mw_product": theme.PRODUCT,
        },
    )


def blank(title: str, text: str, items: Iterable[str] = (), links: Iterable[tuple[str, str]] = ()) -> pn.pane.HTML:
    """Make a page's body that explains what is missing; everything is escaped.

    Parameters
    ----------
    items
        Lines of a list.
    links
        Pairs of text and address.
    """
    lines = "".join(f"<li>{html.escape(item)}</li>" for item in items)
    anchors = "".join(f'<li><a href="{html.escape(to)}">{html.escape(name)}</a></li>' for name, to in links)
    content = f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p><ul>{lines}{anchors}</ul>"
    return pn.pane.HTML(f'<div class="blank">{content}</div>', stylesheets=[_PANE_CSS], sizing_mode="stretch_width")


# --- controls, so that no page knows which library draws them --------------------------------------------------------


def button(label: str, on_click: Callable[[], Any], *, main: bool = False, **params: Any) -> pmui.Button:
    """Make a button; `main` for the one that a page is about."""
    made = pmui.Button(
        label=label,
        size=params.pop("size", "small"),
        color=params.pop("color", "primary" if main else "default"),
        variant=params.pop("variant", "contained" if main else "outlined"),
        **params,
    )
    made.on_click(lambda _event: on_click())
    return made


def toggle(parameter: param.Parameter, label: str, **params: Any) -> pmui.Switch:
    """Make a switch bound both ways to a Boolean parameter."""
    return pmui.Switch.from_param(parameter, label=label, size=params.pop("size", "small"), **params)


def checkbox(parameter: param.Parameter, label: str, **params: Any) -> pmui.Checkbox:
    """Make a checkbox bound both ways to a Boolean parameter."""
    return pmui.Checkbox.from_param(parameter, label=label, size=params.pop("size", "small"), **params)


def select(label: str, options: Any, value: Any, on_change: Callable[[Any], Any], **params: Any) -> pmui.Select:
    """Make a dropdown; what the person chose is handed to `on_change`."""
    made = pmui.Select(label=label, options=options, value=value, size=params.pop("size", "small"), **params)
    made.param.watch(lambda event: on_change(event.new), "value")
    return made


def text_input(label: str, on_change: Callable[[str], Any], **params: Any) -> pmui.TextInput:
    """Make a text field; `on_change` is called with what stands in it as the person types."""
    made = pmui.TextInput(label=label, size=params.pop("size", "small"), **params)
    made.param.watch(lambda event: on_change(event.new), "value_input")
    return made


def slider(parameter: param.Parameter, label: str, **params: Any) -> pmui.IntSlider:
    """Make a slider bound both ways to an Integer parameter."""
    return pmui.IntSlider.from_param(parameter, label=label, **params)


def dialog(title: str, *objects: Any, **params: Any) -> pmui.Dialog:
    """Make a dialog, closed at first; set its `open`."""
    return pmui.Dialog(*objects, title=title, open=False, close_on_click=True, **params)
