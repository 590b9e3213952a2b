"""The evidence for an alignment as HTML: projections before and after, shifts, correlations, distances, warnings."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np

from minian_web.model.registration.alignment import Shift
from minian_web.model.registration.mapping import Matches
from minian_web.model.registration.scene import Quality, Scene
from minian_web.state.registration_compute import FAR, Distances
from minian_web.view.registration_match import png

MODES = ("Overlay", "Blink", "Difference")
MATCHED, ALONE, LIMIT = "#009e73", "#8a97a3", "#d55e00"
BIN = 0.5  # pixels
LARGEST = 420  # pixels of a picture sent to the browser


def pictures_html(scene: Scene | None, first: str, second: str, mode: str) -> str:
    """Two sessions before and after alignment."""
    if scene is None or first not in scene.parts or second not in scene.parts:
        return '<p class="empty">Choose two sessions whose datasets were found.</p>'
    sides = "".join(_side(scene, (first, second), mode, aligned) for aligned in (False, True))
    key = (
        '<span class="swatch" style="background:#ff00ff"></span>{}&ensp;'
        '<span class="swatch" style="background:#00ff00"></span>{}&ensp;white where they agree'
    )
    said = {
        "Overlay": key.format(html.escape(first), html.escape(second)),
        "Blink": f"{html.escape(first)} and {html.escape(second)} in turn: what is aligned stands still",
        "Difference": "dark where they agree, bright where one of them is brighter",
    }[mode]
    return f'<div class="pictures">{sides}</div><p class="quiet">{said}</p>'


def _side(scene: Scene, pair: tuple[str, str], mode: str, aligned: bool) -> str:
    one, other = (_scaled(scene.projection(session, aligned=aligned)) for session in pair)
    caption = "after" if aligned else "before"
    if mode == "Overlay":
        images = [np.dstack([one, other, one])]
    elif mode == "Difference":
        images = [np.abs(one.astype(np.int16) - other).astype(np.uint8)]
    else:
        images = [one, other]
    shown = "".join(f'<img alt="{caption}" src="{png(np.ascontiguousarray(image))}">' for image in images)
    kind = "blink" if mode == "Blink" else ""
    return f'<figure><div class="{kind}">{shown}</div><figcaption>{caption}</figcaption></figure>'


def _scaled(image: np.ndarray) -> np.ndarray:
    """Give a projection as uint8, thinned to what the page shows."""
    step = max(1, int(np.ceil(max(image.shape) / LARGEST)))
    small = image[::step, ::step]
    finite = small[np.isfinite(small)]
    low, high = np.percentile(finite, [2, 99.7]) if finite.size else (0.0, 1.0)
    scaled = (np.nan_to_num(small, nan=low) - low) / max(float(high - low), 1e-12)
    return (np.clip(scaled, 0, 1) * 255).astype(np.uint8)


def quality_html(scene: Scene | None, quality: Quality | None) -> str:
    """Warnings, shifts, correlations."""
    if scene is None or quality is None:
        return '<p class="empty">Two sessions or more are needed to judge an alignment.</p>'
    warnings = "".join(f'<p class="warn">{html.escape(text)}</p>' for text in quality.warnings)
    good = (
        '<p class="fine">Nothing stands out: correlations, shifts, overlap and numbers of cells are as they should.</p>'
    )
    row0, row1, column0, column1 = scene.window
    part = max(row1 - row0, 0) * max(column1 - column0, 0) / (scene.shape[0] * scene.shape[1])
    return (
        f"{warnings or good}<h3>Shifts</h3><div class='side'><div class='scroll'>{_shift_table(scene)}</div>"
        f"{_shift_map(scene.shifts)}</div>"
        f"<p class='quiet'>All sessions see {part:.0%} of the field of view.</p>"
        f"<h3>Correlation of the projections, before → after alignment</h3>{_matrix(quality)}"
    )


def _shift_table(scene: Scene) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(session)}</td><td class='n'>{shift[0]:+.2f}</td><td class='n'>{shift[1]:+.2f}</td>"
        f"<td class='n'>{len(scene.footprints[session].unit_ids)}</td></tr>"
        for session, shift in scene.shifts.items()
    )
    head = "<th>session</th><th class='n'>height (px)</th><th class='n'>width (px)</th><th class='n'>cells</th>"
    return f"<table><tr>{head}</tr>{rows}</table>"


def _shift_map(shifts: Mapping[str, Shift], size: int = 170) -> str:
    middle = size / 2
    most = max((abs(part) for shift in shifts.values() for part in shift), default=1.0) or 1.0
    scale = (middle - 34) / most
    dots = "".join(
        f'<circle cx="{middle + s[1] * scale:.1f}" cy="{middle + s[0] * scale:.1f}" r="4" fill="#0b8db5"/>'
        f'<text x="{middle + s[1] * scale + 6:.1f}" y="{middle + s[0] * scale - 5:.1f}">{html.escape(name)}</text>'
        for name, s in shifts.items()
    )
    return (
        f'<svg width="{size + 40}" height="{size}" role="img" aria-label="Map of the shifts">'
        f'<path class="axis" d="M{middle} 4V{size - 4}M4 {middle}H{size - 4}"/>{dots}'
        f'<text x="6" y="{size - 6}">±{most:.1f} px</text></svg>'
    )


def _matrix(quality: Quality) -> str:
    names = [html.escape(session) for session in quality.sessions]
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(
        f"<tr><th>{name}</th>{''.join(_cell(quality, at, other) for other in range(len(names)))}</tr>"
        for at, name in enumerate(names)
    )
    return f'<div class="scroll"><table class="matrix"><tr><th></th>{head}</tr>{rows}</table></div>'


def _cell(quality: Quality, row: int, column: int) -> str:
    after = float(quality.after[row, column])
    level = min(max(after, 0.0), 1.0) if np.isfinite(after) else 0.0
    color = f"rgb({int(70 - 60 * level)} {int(78 + 40 * level)} {int(92 + 70 * level)})"
    text = "1" if row == column else f"{quality.before[row, column]:.2f} → {after:.2f}"
    return f'<td class="cell" style="background:{color}">{text}</td>'


def distances_html(distances: Distances | None, limit: float) -> str:
    """Histogram of distances with the threshold."""
    if distances is None:
        return '<p class="empty">Nothing to measure yet.</p>'
    edges = np.arange(0, FAR + BIN, BIN)
    matched, alone = (np.histogram(values, edges)[0] for values in (distances.matched, distances.alone))
    width, height, left, base = 560, 190, 34, 160
    most = max(int(matched.max(initial=0)), int(alone.max(initial=0)), 1)
    step = (width - left - 14) / (edges.size - 1)
    bars = "".join(
        f'<rect x="{left + at * step + shift:.1f}" y="{base - count / most * 140:.1f}" width="{step / 2 - 0.5:.1f}" '
        f'height="{count / most * 140:.1f}" fill="{color}"/>'
        for counts, color, shift in ((matched, MATCHED, 0.0), (alone, ALONE, step / 2))
        for at, count in enumerate(counts.tolist())
        if count
    )
    ticks = "".join(f'<text x="{left + v / BIN * step - 4:.0f}" y="{base + 15}">{v}</text>' for v in range(0, 21, 5))
    at = left + limit / BIN * step
    return (
        f'<svg viewBox="0 0 {width} {height}" width="100%" role="img" aria-label="Histogram of distances">'
        f'<path class="axis" d="M{left} 10V{base}H{width}"/>{bars}{ticks}'
        f'<text x="2" y="18">{most}</text><text x="{width - 210}" y="{base + 28}">distance of centres (px)</text>'
        f'<path d="M{at:.1f} 6V{base}" stroke="{LIMIT}" stroke-width="1.5" stroke-dasharray="4 3"/></svg>'
        f'<div class="counts"><span><i class="swatch" style="background:{MATCHED}"></i>'
        f"{distances.matched.size} pairs of one match</span>"
        f'<span><i class="swatch" style="background:{ALONE}"></i>{distances.alone.size} cells without a match, to the '
        "nearest one of another session</span></div>"
    )


def counts_html(counts: Mapping[int, int], before: str = "") -> str:
    """Give numbers of cells by number of sessions."""
    parts = [f"<span><b>{counts[size]}</b> in {size}</span>" for size in sorted(counts, reverse=True)]
    start = f"<span>{html.escape(before)}</span>" if before else ""
    return f'<div class="counts">{start}{"".join(parts)}</div>'


def overlaps_html(matches: Matches | None) -> str:
    """Pairwise fractions of cells found in both of two sessions."""
    if matches is None:
        return ""
    table = matches.overlaps()
    names = [html.escape(session) for session in matches.sessions]
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(
        f"<tr><th>{name}</th>{''.join(_part(table[at, other], at == other) for other in range(len(names)))}</tr>"
        for at, name in enumerate(names)
    )
    return (
        "<h3>Cells found in both sessions, as a part of the smaller one's</h3>"
        f'<div class="scroll"><table class="matrix"><tr><th></th>{head}</tr>{rows}</table></div>'
    )


def _part(value: float, own: bool) -> str:
    level = min(max(float(value), 0.0), 1.0)
    color = f"rgb({int(70 - 60 * level)} {int(78 + 40 * level)} {int(92 + 50 * level)})"
    return f'<td class="cell" style="background:{color}">{"" if own else f"{value:.0%}"}</td>'


def history_html(lines: Sequence[tuple[str, str, str, str]]) -> str:
    """History: time, who, what, which matches; the newest first."""
    if not lines:
        return '<p class="quiet">Nobody has changed anything yet.</p>'
    rows = "".join(f"<tr>{''.join(f'<td>{html.escape(part)}</td>' for part in line)}</tr>" for line in lines)
    return (
        '<div class="history"><table><tr><th>time (UTC)</th><th>who</th><th>what</th><th>matches</th></tr>'
        f"{rows}</table></div>"
    )
