"""The frame of every page, and the only module that knows panel-material-ui."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui
import param
from jinja2 import Template
from panel.util import edit_readonly
from panel_material_ui.base import _env

from minian_web import assets
from minian_web.view import theme
from minian_web.view.blank import blank
from minian_web.view.choose import choose
from minian_web.view.keys import Keys, help_of
from minian_web.view.links import TITLES
from minian_web.view.session import Shell

if TYPE_CHECKING:
    from minian_web.runtime import Runtime

__all__ = [
    "Shell",
    "blank",
    "button",
    "checkbox",
    "checklist",
    "choice",
    "dialog",
    "download",
    "float_slider",
    "select",
    "show",
    "slider",
    "text_input",
    "toggle",
]


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
    missing = page != "home" and not shell.dataset
    body, commands = shell.body((lambda shell: choose(shell, runtime)) if missing else build)
    commands |= {"help": lambda: shell.bar.ask("help"), "find_dataset": lambda: shell.bar.ask("find")}
    shell.bar.shortcuts = help_of(page, commands)
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
    _never_busy(made)
    return made


def _never_busy(page: pmui.Page) -> None:
    """Cut the page off from Panel's busy state: it changes twice an event, each time walking all models of the page."""
    with edit_readonly(page):
        page.busy = False


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


QUIET = {"borderColor": "var(--mw-line)", "&:hover": {"borderColor": "var(--mw-accent)"}}


# --- controls, so that no page knows which library draws them --------------------------------------------------------


def button(label: str, on_click: Callable[[], Any], *, main: bool = False, **params: Any) -> pmui.Button:
    """Make a button; `main` for the one that a page is about."""
    made = pmui.Button(
        label=label,
        sx={**({} if main else QUIET), **params.pop("sx", {})},
        size=params.pop("size", "small"),
        color=params.pop("color", "primary" if main else "default"),
        variant=params.pop("variant", "contained" if main else "outlined"),
        **params,
    )
    made.on_click(lambda _event: on_click())
    return made


def download(label: str, filename: str, make: Callable[[], bytes], **params: Any) -> pmui.FileDownload:
    """Make a button that downloads what `make` gives when it is clicked."""
    variant = params.pop("variant", "outlined")
    made = pmui.FileDownload(
        label=label,
        filename=filename,
        callback=lambda: io.BytesIO(make()),
        embed=False,
        auto=True,
        size=params.pop("size", "small"),
        **params,
    )
    made.variant = variant  # given to the constructor it warns about an argument that nobody gave
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


def float_slider(parameter: param.Parameter, label: str, **params: Any) -> pmui.FloatSlider:
    """Make a slider bound both ways to a Number parameter."""
    return pmui.FloatSlider.from_param(parameter, label=label, **params)


def choice(options: Any, value: Any, on_change: Callable[[Any], Any], **params: Any) -> pmui.RadioButtonGroup:
    """Make buttons of which one is down; what the person chose is handed to `on_change`."""
    made = pmui.RadioButtonGroup(options=options, value=value, size=params.pop("size", "small"), **params)
    made.param.watch(lambda event: on_change(event.new), "value")
    return made


def checklist(options: Any, value: list[Any], **params: Any) -> pmui.CheckBoxGroup:
    """Make a list of boxes; those ticked are its `value`."""
    return pmui.CheckBoxGroup(options=options, value=value, **params)


def dialog(title: str, *objects: Any, **params: Any) -> pmui.Dialog:
    """Make a dialog, closed at first; set its `open`."""
    return pmui.Dialog(*objects, title=title, open=False, close_on_click=True, **params)
