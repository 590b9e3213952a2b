"""Tabs of the steps, and the form of one step."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from minian_web import assets
from minian_web.errors import BadRequest
from minian_web.model.pipeline.forms import Field
from minian_web.state.explorer_step import StepState

_log = logging.getLogger(__name__)
_CSS = assets.text("explorer/explorer.css")
LIVE = ("preprocess",)  # steps that are so fast that they follow every change
LONGEST = 2000  # characters of a field


class StepTabs(JSComponent):
    """Titles of the steps; a click chooses one."""

    steps = param.List(default=[], item_type=dict, doc="Input: dicts of name and title")
    chosen = param.String(doc="Input: name of the step that is shown")

    _esm = assets.text("explorer/tabs.js")
    _stylesheets = (_CSS,)

    def __init__(self, choose: Callable[[str], None], **params: Any) -> None:
        self._choose = choose
        super().__init__(**params)

    def _handle_msg(self, data: Any) -> None:
        names = {one["name"] for one in self.steps}
        if isinstance(data, dict) and data.get("step") in names:
            self._choose(data["step"])


class StepForm(JSComponent):
    """Form of a step; what the person does goes to its state, what the state says comes back."""

    about = param.String(doc="Input: what the step does")
    wants = param.List(default=[], doc="Input: what can be chosen to try it on")
    sections = param.List(default=[], item_type=dict, doc="Input: dicts of name, title, method, methods, fields")
    errors = param.Dict(default={}, doc="Input: what is wrong with a field, by section.name")
    movies = param.List(default=[], doc="Input: names of movies")
    movie = param.String(doc="Input: name of the movie chosen")
    starts = param.List(default=[], doc="Input: results that the step can start from")
    start = param.String(doc="Input: the one chosen")
    units = param.String(doc="Input: units as they are typed")
    position = param.Integer(0, doc="Input: frame chosen")
    n_frames = param.Integer(0, doc="Input: number of frames")
    running = param.Boolean(False, doc="Input: a run is under way")
    busy = param.Boolean(False, doc="Input: the disk is at work")
    progress = param.Number(0.0, doc="Input: how far the run is")
    message = param.String(doc="Input: what the state says")
    count = param.Integer(0, doc="Input: number of results shown")
    unsaved = param.Boolean(False, doc="Input: there are results that were not saved")
    saved = param.List(default=[], doc="Input: dicts of name, label, ours")

    _esm = assets.text("explorer/form.js")
    _stylesheets = (_CSS,)

    def __init__(
        self, state: StepState, known_units: list[int], n_frames: int, reviewer: Callable[[], str], **params: Any
    ) -> None:
        self._state, self._known, self._reviewer = state, known_units, reviewer
        super().__init__(
            about=state.step.about,
            wants=sorted(state.step.wants),
            starts=state.starts,
            start=state.start,
            movies=[] if state.source is None else state.source.movie_names,
            units=units_text(state.units),
            position=state.position,
            n_frames=n_frames,
            sections=self._sections(),
            **params,
        )
        for name in ("running", "busy", "message"):
            state.param.watch(lambda event: setattr(self, event.name, event.new), name)
        state.param.watch(lambda event: self._show_progress(event.new), "progress")
        state.param.watch(lambda _event: self._show_outcomes(), "outcomes")
        state.param.watch(lambda _event: self._show_saved(), "saved")
        self._show_saved()

    # --- what the state says -----------------------------------------------------------------------------------------

    def _sections(self) -> list[dict[str, Any]]:
        state, found = self._state, []
        for section in state.step.sections:
            method = state.methods.get(section.name, section.default)
            fields = [self._field(section.name, field) for field in section.variants[method]]
            found.append(
                {
                    "name": section.name,
                    "title": section.title,
                    "method": method,
                    "methods": list(section.variants),
                    "fields": fields,
                }
            )
        return found

    def _field(self, section: str, field: Field) -> dict[str, Any]:
        text = self._state.texts.get((section, field.name), field.text)
        live = self._state.step.name in LIVE
        return {"name": field.name, "text": text, "doc": field.doc, "slider": slider_of(field) if live else None}

    def _show_progress(self, fraction: float) -> None:
        if abs(fraction - self.progress) >= 0.01 or fraction in (0.0, 1.0):
            self.progress = fraction

    def _show_outcomes(self) -> None:
        outcomes = self._state.outcomes
        unsaved = any(one.arrays and not one.origin for one in outcomes)
        self.param.update(count=len(outcomes), unsaved=unsaved)

    def _show_saved(self) -> None:
        self.saved = [
            {"name": one.name, "label": said_time(one.made) if one.ours else one.name, "ours": one.ours}
            for one in self._state.saved
        ]

    # --- what the person does ----------------------------------------------------------------------------------------

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict):
            return
        acts: dict[str, Callable[[Any], None]] = {
            "set": self._set,
            "method": self._set_method,
            "run": lambda _value: self._run(),
            "cancel": lambda _value: self._state.cancel(),
            "save": lambda _value: self._state.save(self._reviewer()),
            "clear": lambda _value: self._state.clear(),
            "open": lambda name: self._state.open(str(name)),
            "delete": lambda name: self._state.delete(str(name)),
            "movie": self._set_movie,
            "start": self._set_start,
            "position": self._set_position,
            "units": self._set_units,
        }
        name = next((name for name in acts if name in data), None)
        if name is None:
            _log.warning("a browser sent what the Parameter Explorer does not know: %.80r", data)
        else:
            acts[name](data[name])

    def _run(self) -> None:
        if not self.errors:
            self._state.run()

    def _follow(self) -> None:
        if self._state.step.name in LIVE and not self.errors:
            self._state.run_soon()

    def _set(self, value: Any) -> None:
        if not (isinstance(value, list) and len(value) == 3 and all(isinstance(part, str) for part in value)):
            return
        section, name, text = value
        field = self._known_field(section, name)
        if field is None or len(text) > LONGEST:
            return
        self._state.texts = {**self._state.texts, (section, name): text}
        errors = {key: reason for key, reason in self.errors.items() if key != f"{section}.{name}"}
        try:
            field.values(text)
        except BadRequest as error:
            errors[f"{section}.{name}"] = str(error).removeprefix(f"{name}: ")
        if errors != self.errors:
            self.errors = errors
        self._follow()

    def _known_field(self, section: str, name: str) -> Field | None:
        for one in self._state.step.sections:
            if one.name == section:
                method = self._state.methods.get(section, one.default)
                return next((field for field in one.variants[method] if field.name == name), None)
        return None

    def _set_method(self, value: Any) -> None:
        known = {section.name: section.variants for section in self._state.step.sections}
        if not (isinstance(value, list) and len(value) == 2 and value[1] in known.get(value[0], ())):
            return
        self._state.methods = {**self._state.methods, value[0]: value[1]}
        self.param.update(
            sections=self._sections(),
            errors={key: text for key, text in self.errors.items() if not key.startswith(f"{value[0]}.")},
        )
        self._follow()

    def _set_movie(self, value: Any) -> None:
        if value == "" or value in self.movies:
            self._state.movie = self.movie = value
            self._follow()

    def _set_start(self, value: Any) -> None:
        if value in self.starts:
            self._state.start = self.start = value

    def _set_position(self, value: Any) -> None:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < max(self.n_frames, 1):
            self._state.position = value
            self._follow()

    def _set_units(self, value: Any) -> None:
        try:
            self._state.units = units_of(str(value)[:LONGEST], self._known)
            self._state.message = ""
        except BadRequest as error:
            self._state.message = str(error)


def slider_of(field: Field) -> list[float] | None:
    """Range and step of a slider for a number; None for anything else."""
    default = field.default
    if isinstance(default, bool) or not isinstance(default, int | float) or field.words:
        return None
    if field.name in ("ksize", "wnd", "d"):
        return [1, 51, 2] if field.name == "ksize" else [1, 60, 1]
    if field.name == "option":
        return [1, 2, 1]
    if field.name == "gamma":
        return [0.01, 0.25, 0.01]
    if field.kinds == ("int",):
        return [1, max(4 * default, 10), 1]
    return [0, max(5.0 * default, 10.0), 0.5]


def units_of(text: str, known: list[int]) -> list[int]:
    """Give the units that a text lists: ids, ranges such as 10-14, or all.

    Raises
    ------
    BadRequest
        If it lists none, or one that there is not.
    """
    if text.strip().lower() == "all":
        return list(known)
    found: list[int] = []
    for part in (piece.strip() for piece in text.split(",")):
        first, dash, last = part.partition("-")
        if part and (not first.strip().isdecimal() or (dash and not last.strip().isdecimal())):
            raise BadRequest(f"{part!r} is no unit and no range of units; write for example 2, 5, 10-14, or all")
        if part:
            span = range(int(first), int(last if dash else first) + 1)
            found += [unit for unit in known if unit in span] if dash else list(span)
    missing = [str(unit) for unit in found if unit not in known]
    if missing:
        raise BadRequest(f"there is no unit {', '.join(missing[:8])}")
    if not found:
        raise BadRequest("no unit is chosen; write for example 2, 5, 10-14, or all")
    return list(dict.fromkeys(found))


def units_text(units: list[int]) -> str:
    """Units as they are typed."""
    return ", ".join(str(unit) for unit in units)


def said_time(made: str) -> str:
    """Give the time in the name of a run as a person reads it, UTC."""
    day, _, time = made.partition("-")
    if len(day) != 8 or len(time) < 6:
        return made
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {time[:2]}:{time[2:4]}:{time[4:6]}"
