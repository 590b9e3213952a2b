"""The chosen match as HTML: crops in every session, traces, distances and likeness."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from minian_web.model.registration.mapping import NONE
from minian_web.model.registration.scene import Crop, PairEvidence
from minian_web.state.registration import MatchEvidence
from minian_web.view.shading import decimated

WIDTH, HEIGHT = 600, 34
NO_MATCH = '<p class="empty">Choose a match: click a cell in the overlay or a row of the table.</p>'
CELL = np.array([1.0, 0.72, 0.1], np.float32)


def png(image: np.ndarray) -> str:
    """Give a uint8 image, grey or RGB, as a `data:` address."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def match_html(evidence: MatchEvidence | None) -> str:
    """Everything about the chosen match, escaped."""
    if evidence is None:
        return NO_MATCH
    status = evidence.status or "not judged"
    head = (
        f'<h3>Match {evidence.id} <span class="badge {html.escape(evidence.status)}">{html.escape(status)}</span></h3>'
    )
    crops = "".join(_crop(one) for one in evidence.crops)
    traces = "".join(_trace(session, trace) for session, trace in evidence.traces.items())
    pairs = _pairs(evidence.pairs)
    return f'{head}<div class="crops">{crops}</div>{pairs}<h3>Calcium traces, each at its own scale</h3>{traces}'


def _crop(one: Crop) -> str:
    grey = np.repeat(one.around[:, :, None] * 0.55, 3, axis=2)
    image = np.clip(grey * (1 - one.cell[:, :, None]) + CELL * one.cell[:, :, None], 0, 1)
    found = f"unit {one.unit}" if one.unit != NONE else "not found"
    name = html.escape(one.session)
    return (
        f'<figure class="crop{"" if one.unit != NONE else " none"}"><img alt="{name}, {found}" '
        f'src="{png((image * 255).astype(np.uint8))}"><figcaption>{name}<br><span class="quiet">{found}</span>'
        "</figcaption></figure>"
    )


def _pairs(pairs: Sequence[PairEvidence]) -> str:
    if not pairs:
        return '<p class="quiet">Found in one session only.</p>'
    rows = "".join(
        f"<tr><td>{html.escape(one.first)} – {html.escape(one.second)}</td><td class='n'>{_number(one.distance)}</td>"
        f"<td class='n'>{_number(one.jaccard)}</td><td class='n'>{_number(one.correlation)}</td></tr>"
        for one in pairs
    )
    return (
        "<h3>Distances and overlaps after alignment</h3><div class='scroll'><table><tr><th>sessions</th>"
        "<th class='n'>distance (px)</th><th class='n'>Jaccard</th><th class='n'>correlation</th></tr>"
        f"{rows}</table></div>"
    )


def _number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "–"


def _trace(session: str, trace: np.ndarray | None) -> str:
    name = html.escape(session)
    if trace is None or not np.isfinite(trace).any():
        return f'<div class="trace"><span>{name}</span><span class="quiet">no trace is stored</span></div>'
    x, y = decimated(np.arange(trace.size, dtype=np.float64), trace.astype(np.float64), WIDTH // 4)
    good = np.isfinite(y)
    low, high = float(y[good].min()), float(y[good].max())
    across = x[good] / max(trace.size - 1, 1) * WIDTH
    down = HEIGHT - 2 - (y[good] - low) / ((high - low) or 1.0) * (HEIGHT - 4)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))
    return (
        f'<div class="trace"><span title="{name}">{name}</span><svg viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="none" role="img" aria-label="Trace in {name}"><polyline points="{points}"/></svg></div>'
    )
