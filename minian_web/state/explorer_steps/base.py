"""What every step has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from minian_web.errors import BadRequest, Cancelled, MinianWebError
from minian_web.model.pipeline.forms import Combination, Section
from minian_web.model.pipeline.outcomes import Outcome
from minian_web.store.pipeline_source import Source

MOST_BYTES = 2**30
Tick = Callable[[float], None]
Numbered = tuple[int, Outcome]


@dataclass(frozen=True)
class Chosen:
    """What a step is tried on.

    Attributes
    ----------
    units
        Unit ids, for steps that work on units.
    position
        Position of a frame, for steps that work on one.
    movie
        Name of a movie; empty for the one that the pipeline takes.
    start
        Name of the results that a step starts from, one of those that it offers.
    """

    units: tuple[int, ...] = ()
    position: int = 0
    movie: str = ""
    start: str = ""


class Step(Protocol):
    """A step of the pipeline.

    Attributes
    ----------
    name, title
        For addresses and folders, and for a person.
    about
        What it does and what it starts from, in a sentence or two.
    wants
        Of "units", "frame", "movie": what can be chosen to try it on.
    """

    name: str
    title: str
    about: str
    wants: frozenset[str]

    @property
    def sections(self) -> tuple[Section, ...]:
        """Its form."""

    def starts(self, source: Source) -> list[str]:
        """Results that it can start from, the best first; empty where there is nothing to choose."""

    def run(self, source: Source, chosen: Chosen, found: Sequence[Combination], tick: Tick) -> Iterator[Numbered]:
        """Compute each combination, and give its outcome with its number as soon as there is one.

        Raises
        ------
        MinianWebError
            If no combination can be computed.
        """


def attempt(combination: Combination, compute: Callable[[], Outcome]) -> Outcome:
    """Give what was computed, or why it failed, so that one bad combination does not lose the others."""
    try:
        return compute()
    except Cancelled:
        raise
    except (MinianWebError, ArithmeticError, MemoryError) as error:
        return Outcome(combination, error=str(error) or type(error).__name__)


def check_units(units: Sequence[int], most: int = 200) -> tuple[int, ...]:
    """Give the units; `BadRequest` when there is none or they are too many to try on."""
    if not units:
        raise BadRequest("choose at least one unit")
    if len(units) > most:
        raise BadRequest(f"{len(units)} units are too many to try on; choose at most {most}")
    return tuple(units)


def check_memory(units: Sequence[int], pixels: int, copies: int) -> None:
    """Refuse images of units that would take more than 1 GB together."""
    size = len(units) * pixels * 8 * copies
    if size > MOST_BYTES:
        raise BadRequest(
            f"the footprints of {len(units)} units for {copies} values would take {size / 2**30:.1f} GB; "
            "choose fewer units or values"
        )


def parts(tick: Tick, first: float, last: float) -> Tick:
    """Report progress of a part of the work as a part of the whole."""
    return lambda fraction: tick(first + (last - first) * fraction)
