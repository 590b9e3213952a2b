"""Every colour of the product, in one place; light and dark."""

from __future__ import annotations

from typing import Any

PRODUCT = "minian-web"
FONT = "'Roboto', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"

LIGHT = {
    "bar": "#12303f",
    "bar_text": "#f3f7f9",
    "accent": "#0b6e8f",
    "on_accent": "#ffffff",
    "background": "#f4f6f8",
    "surface": "#ffffff",
    "text": "#17212b",
    "quiet": "#566573",
    "line": "#d8dee4",
}
DARK = {
    "bar": "#0d1b24",
    "bar_text": "#e6edf1",
    "accent": "#4fb3d1",
    "on_accent": "#08151c",
    "background": "#10161c",
    "surface": "#18212a",
    "text": "#e4eaef",
    "quiet": "#9aa9b5",
    "line": "#2e3b46",
}

# Okabe and Ito: told apart by colour-blind eyes, on light and dark
STATUS_COLOURS = {
    "undecided": "#8a97a3",
    "kept": "#009e73",
    "merged": "#0072b2",
    "discarded": "#d55e00",
}


def _scheme(colours: dict[str, str]) -> dict[str, Any]:
    return {
        "palette": {
            "primary": {"main": colours["accent"], "contrastText": colours["on_accent"]},
            "success": {"main": STATUS_COLOURS["kept"]},
            "warning": {"main": "#c77700"},
            "error": {"main": "#c8402f"},
            "background": {"default": colours["background"], "paper": colours["surface"]},
            "text": {"primary": colours["text"], "secondary": colours["quiet"]},
            "divider": colours["line"],
        },
        "shape": {"borderRadius": 6},
        "typography": {"fontFamily": FONT, "fontSize": 13, "button": {"textTransform": "none", "fontWeight": 500}},
        "components": {
            "MuiToolbar": {"styleOverrides": {"root": {"minHeight": "48px !important", "padding": "0 !important"}}},
            "MuiAppBar": {
                "styleOverrides": {
                    "root": {
                        "backgroundColor": f"{colours['bar']} !important",
                        "backgroundImage": "none !important",
                        "color": colours["bar_text"],
                        "boxShadow": "none",
                    }
                }
            },
            "MuiButton": {"defaultProps": {"disableElevation": True}},
        },
    }


def theme_config() -> dict[str, Any]:
    """Theme of panel-material-ui for both schemes."""
    return {"light": _scheme(LIGHT), "dark": _scheme(DARK)}


def css_variables(dark: bool) -> str:
    """Our colours as CSS custom properties, `--mw-accent` and so on, for what we draw ourselves."""
    colours = {**(DARK if dark else LIGHT), **STATUS_COLOURS}
    return ";".join(f"--mw-{name.replace('_', '-')}:{value}" for name, value in colours.items())
