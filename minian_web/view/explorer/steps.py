"""What the outcomes of each step look like."""

from __future__ import annotations

from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
import param
import xarray as xr
from bokeh.events import Tap

from minian_web.model.pipeline.outcomes import Outcome
from minian_web.model.pipeline.smoothing import high_pass, low_pass
from minian_web.state.explorer_step import StepState
from minian_web.view.explorer.cards import html_pane, pane, rendered, wrapped
from minian_web.view.explorer.results import Results
from minian_web.view.plots.gmm import mixture_curves
from minian_web.view.plots.images import image, unit_ids
from minian_web.view.plots.motion import visualize_motion
from minian_web.view.plots.seeds import visualize_seeds
from minian_web.view.plots.spatial import panels
from minian_web.view.plots.temporal import NAMES, fitted, footprint, pulse
from minian_web.view.shell import select, toggle

ALL = "all units"
MOST_POINTS = 6000
TRACES = dict(zip(NAMES, ("YrA", "C", "S", "sig"), strict=True))
LINES = {"width": 540, "height": 220}
FREQUENCIES = (0.01, 0.06, 0.2)


def thinned(values: np.ndarray) -> np.ndarray:
    """Positions that keep the look of a long trace: the extremes of short pieces."""
    if values.size <= MOST_POINTS:
        return np.arange(values.size)
    from tsdownsample import MinMaxDownsampler

    return MinMaxDownsampler().downsample(np.ascontiguousarray(values, np.float64), n_out=MOST_POINTS)


def squareness(footprints: xr.DataArray) -> float:
    """Height over width of the images, kept within what fits the screen."""
    return min(max(footprints.sizes["height"] / max(footprints.sizes["width"], 1), 0.3), 1.5)


class TraceOptions(param.Parameterized):
    """How traces are drawn."""

    norm = param.Boolean(True, doc="Input: each trace at its own scale from 0 to 1")


class UnitResults(Results):
    """Results that are browsed by unit."""

    def __init__(self, state: StepState) -> None:
        super().__init__(state)
        self._options = TraceOptions()
        self.unit: int | None = None
        self._units = select("Unit", {}, None, self._choose, width=150, margin=(8, 8, 4, 8))
        self._norm = toggle(self._options.param.norm, "Each trace from 0 to 1", margin=(12, 8))
        self._options.param.watch(lambda _event: self.redraw(), "norm")
        self._bar = pn.Row(self._units, self._norm, margin=0, visible=False)
        self.tools = [self._bar]

    def _choose(self, unit: int | str | None) -> None:
        chosen = unit if isinstance(unit, int) else None
        if unit is not None and chosen != self.unit:
            self.unit = chosen
            self.redraw()

    def show(self) -> None:
        """Offer the units that there are, then draw."""
        units = sorted({u for one in self.state.outcomes for name in ("YrA", "A", "C") for u in _units(one, name)})
        options = self._offered(units)
        if list(options.values()) != list(self._units.options.values()):
            value = self.unit if self.unit in options.values() else next(iter(options.values()), None)
            self.unit = value if isinstance(value, int) else None
            self._units.param.update(options=options, value=value)
        self._bar.visible = bool(units)
        super().show()

    def _offered(self, units: list[int]) -> dict[str, int | str]:
        return {f"unit {unit}": unit for unit in units}


def _units(one: Outcome, name: str) -> list[int]:
    return unit_ids(one.arrays[name]) if name in one.arrays else []


class TemporalResults(UnitResults):
    """Traces, pulse response, footprint."""

    def figures(self, outcome: Outcome) -> list[Any]:
        """Three figures of the unit that is browsed."""
        unit, arrays = self.unit, outcome.arrays
        if unit is None or not any("frame" in one.dims for one in arrays.values()):
            return []
        there = {n: arrays[k] for n, k in TRACES.items() if k in arrays and unit in unit_ids(arrays[k])}
        traces = {name: np.asarray(one.sel(unit_id=unit)) for name, one in there.items()}
        frames = np.asarray(next(one for one in arrays.values() if "frame" in one.dims)["frame"], np.float64)
        method = next((values["method"] for values in outcome.combination.values() if "method" in values), "")
        title = ", ".join(part for part in (f"unit {unit}", str(method)) if part) + (
            "" if len(there) == len(TRACES) else ", dropped by this run"
        )
        kept = np.unique(np.concatenate([thinned(one) for one in traces.values()])) if traces else slice(None)
        norm = self._options.norm
        shown = {name: one[kept] for name, one in traces.items()}
        drawn = fitted(shown, frames[kept], title, norm=norm, datashading=False, **LINES)
        g = arrays.get("g")
        known = np.asarray(g.sel(unit_id=unit)) if g is not None and unit in unit_ids(g) else None
        response = pulse(known, "", 120, width=200, height=220)
        plane = footprint(
            arrays["A"], unit, "", frame_width=170, frame_height=round(170 * squareness(arrays["A"])), tools=[]
        )
        join = self.zoom.join
        return [
            pane(join("traces", rendered(drawn))),
            pane(join("pulse", rendered(response))),
            pane(join("plane", rendered(plane.opts(xaxis=None, yaxis=None)))),
        ]


class SpatialResults(UnitResults):
    """Footprints, binary footprints, traces."""

    def _offered(self, units: list[int]) -> dict[str, int | str]:
        return {ALL: ALL, **super()._offered(units)}

    def figures(self, outcome: Outcome) -> list[Any]:
        """Three figures of one unit or all."""
        a, c = outcome.arrays["A"], outcome.arrays["C"]
        if self.unit is not None:
            a, c = (one.isel(unit_id=[u == self.unit for u in unit_ids(one)]) for one in (a, c))
        thin = thinned(np.asarray(c).sum(axis=0)) if c.sizes["unit_id"] else slice(None)
        total, binary, activity = panels(a, c.isel(frame=thin), "", norm=self._options.norm, datashading=False)
        small = {"frame_width": 190, "frame_height": round(190 * squareness(a)), "xlabel": "", "ylabel": ""}
        join = self.zoom.join
        return [
            pane(join("image", rendered(total.opts(**small, title="footprints")))),
            pane(join("image", rendered(binary.opts(**small, title="footprints > 0")))),
            pane(join("traces", rendered(activity.opts(width=430, height=230, title="activity")), along="x")),
        ]


class SeedResults(Results):
    """The map of seeds; a click shows the trace of one."""

    wide = True

    def __init__(self, state: StepState) -> None:
        super().__init__(state)
        self._trace = pn.Column(
            html_pane(""), margin=(0, 12), sizing_mode="stretch_width", visible=False, styles={"min-width": "0"}
        )
        self._pick: tuple[int, int] | None = None

    def pane(self) -> pn.Column:
        """Results above, the trace of a seed below them."""
        return pn.Column(super().pane(), self._trace, sizing_mode="stretch_both", margin=0, styles={"min-width": "0"})

    def figures(self, outcome: Outcome) -> list[Any]:
        """The map."""
        table, mask = seed_table(outcome)
        plane = outcome.arrays["max_proj"]
        wide = 400
        size = {"frame_width": wide, "frame_height": round(wide * plane.sizes["height"] / plane.sizes["width"])}
        overlay = visualize_seeds(plane, table, mask)
        model = rendered(overlay.opts(hv.opts.Image(**size, tools=[]), hv.opts.Overlay(show_legend=False)))
        model.on_event(Tap, lambda event: self._tapped(outcome, event.x, event.y))
        return [pane(self.zoom.join("map", model))]

    def _tapped(self, outcome: Outcome, width: float, height: float) -> None:
        table, _ = seed_table(outcome)
        if table.empty or "traces" not in outcome.arrays:
            self._said("The traces of a saved run are not kept; run it again to see them.")
            return
        away = np.hypot(table["width"].to_numpy() - width, table["height"].to_numpy() - height)
        seed = int(away.argmin())
        if away[seed] <= 12:
            self._draw_trace(outcome, table, seed)

    def _said(self, text: str) -> None:
        self._trace.objects = [html_pane(f'<div class="card facts">{text}</div>')]
        self._trace.visible = True

    def _draw_trace(self, outcome: Outcome, table: pd.DataFrame, seed: int) -> None:
        traces = outcome.arrays["traces"]
        values = np.asarray(traces.isel(seed=seed), np.float64)
        frames = np.asarray(traces["frame"], np.float64)
        title = ", ".join(_said_of(table.iloc[seed]))
        models = []
        for name, one in trace_parts(values).items():
            kept = thinned(one)
            curve = hv.Curve((frames[kept], one[kept]), "frame", "intensity").opts(
                width=300, height=140, title=name, color="#2f9fd0", line_width=1, fontsize={"title": 9},
                default_tools=["xpan", "xwheel_zoom", "reset"], active_tools=["xwheel_zoom"],
            )  # fmt: skip
            models.append(rendered(curve))
        for model in models[1:]:
            model.x_range = models[0].x_range
        card = html_pane(f'<div class="card"><div class="what">Seed at {title}</div></div>')
        self._trace.objects = [card, wrapped(*(pane(model) for model in models))]
        self._trace.visible = True

    def begin(self) -> None:
        """The trace belongs to what is gone."""
        super().begin()
        self._trace.visible = False


def trace_parts(values: np.ndarray) -> dict[str, np.ndarray]:
    """Give a trace, and its slow and fast parts for several frequencies, by what they are."""
    found = {"trace": values}
    for freq in FREQUENCIES:
        found[f"below {freq:g} of the sampling rate"] = low_pass(values, freq)
        found[f"from {freq:g} on"] = high_pass(values, freq)
    return found


def _said_of(row: pd.Series) -> list[str]:
    said = [f"height {row['height']:g}", f"width {row['width']:g}", f"in {row['seeds']:g} windows"]
    said += [f"peak to noise {row['pnr']:.3g}"] if "pnr" in row else []
    return said + ([f"KS p {row['ks']:.2g}"] if "ks" in row else [])


def seed_table(outcome: Outcome) -> tuple[pd.DataFrame, str]:
    """Give the seeds of an outcome as the table of the pipeline, and the name of the last mask."""
    columns = {}
    for name, array in outcome.arrays.items():
        if array.dims == ("seed",):
            values = np.asarray(array)
            renamed = {"seed_height": "height", "seed_width": "width"}.get(name, name)
            columns[renamed] = values.astype(bool) if name.startswith("mask") else values
    return pd.DataFrame(columns), "mask"


class MixtureResults(Results):
    """Histogram and gaussians."""

    wide = True

    def figures(self, outcome: Outcome) -> list[Any]:
        """One figure."""
        arrays = outcome.arrays
        bins = int(next(values["bins"] for values in outcome.combination.values() if "bins" in values))
        means, deviations, weights = (np.asarray(arrays[name]) for name in ("mean", "deviation", "weight"))
        drawn = mixture_curves(np.asarray(arrays["pnr"]), means, deviations, weights, bins)
        line = hv.VLine(float(arrays["threshold"][0])).opts(color="#d55e00", line_dash="dashed", line_width=1)
        size = hv.opts.Histogram(width=470, height=300, xlabel="peak-to-noise ratio")
        return [pane(self.zoom.join("histogram", rendered((drawn * line).opts(size)), along="x"))]


class MotionResults(Results):
    """Shifts and projections."""

    def figures(self, outcome: Outcome) -> list[Any]:
        """Curves or images of the shifts, and max projections before and after."""
        arrays, join = outcome.arrays, self.zoom.join
        shifts = visualize_motion(arrays["motion"])
        if isinstance(shifts, hv.Layout):
            drawn = [pane(rendered(one.opts(width=840, height=190))) for one in shifts]
        else:
            drawn = [pane(join("shifts", rendered(shifts.opts(width=840, height=220))))]
        for name in ("before", "after"):
            if name in arrays:
                drawn.append(pane(join("plane", rendered(image(arrays[name], f"max projection {name}", "gray")))))
        return drawn
