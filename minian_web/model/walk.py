"""Where a reviewer stands: groups of nearby units, the current unit, and the marked ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from minian_web.errors import BadRequest

GROUP_SIZE = 5


@dataclass(frozen=True)
class Walk:
    """A position in a walk through units, group by group.

    Attributes
    ----------
    order
        All units of the session in walk order.
    groups
        The units that are walked through, cut into groups; all of them, or those inside a box.
    index
        Which group is shown.
    current
        The unit that a decision speaks of when none is marked; None when there are no units.
    marked
        Units that the next decision speaks of.
    extras
        Units shown beside the group because they were picked on the map.
    """

    order: tuple[int, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    index: int = 0
    current: int | None = None
    marked: frozenset[int] = frozenset()
    extras: tuple[int, ...] = field(default=())

    @classmethod
    def through(cls, order: Sequence[int], size: int = GROUP_SIZE) -> Walk:
        """Start a walk through all units in this order."""
        units = tuple(int(unit) for unit in order)
        return cls(order=units)._over(units, size)

    def _over(self, units: tuple[int, ...], size: int = GROUP_SIZE) -> Walk:
        groups = tuple(units[start : start + size] for start in range(0, len(units), size))
        first = groups[0][0] if groups else None
        return Walk(self.order, groups, 0, first)

    @property
    def group(self) -> tuple[int, ...]:
        """Units of the group that is shown."""
        return self.groups[self.index] if self.groups else ()

    @property
    def shown(self) -> tuple[int, ...]:
        """Units whose traces and activity are shown: the group and what was picked beside it."""
        return self.group + self.extras

    @property
    def chosen(self) -> tuple[int, ...]:
        """Units that the next decision speaks of: the marked ones, else the current one."""
        if self.marked:
            return tuple(unit for unit in self.shown if unit in self.marked)
        return () if self.current is None else (self.current,)

    @property
    def upcoming(self) -> tuple[int, ...]:
        """Units of the next group, to be fetched ahead."""
        return self.groups[self.index + 1] if self.index + 1 < len(self.groups) else ()

    @property
    def within_box(self) -> bool:
        """Whether the walk goes through a part of the units only."""
        return sum(map(len, self.groups)) < len(self.order)

    def to_group(self, index: int) -> Walk:
        """Show this group; the first and the last group are the ends."""
        if not self.groups:
            return self
        index = min(max(index, 0), len(self.groups) - 1)
        return replace(self, index=index, current=self.groups[index][0], marked=frozenset(), extras=())

    def next_group(self) -> Walk:
        """Show the next group."""
        return self.to_group(self.index + 1) if self.index + 1 < len(self.groups) else self

    def previous_group(self) -> Walk:
        """Show the group before."""
        return self.to_group(self.index - 1) if self.index else self

    def next_unit(self) -> Walk:
        """Make the next unit current, going on to the next group at the end of this one."""
        return self._step(+1)

    def previous_unit(self) -> Walk:
        """Make the unit before current, going back to the group before at the start of this one."""
        return self._step(-1)

    def _step(self, by: int) -> Walk:
        if self.current is None:
            return self
        at = self.shown.index(self.current) + by
        if 0 <= at < len(self.shown):
            return replace(self, current=self.shown[at])
        if not 0 <= self.index + by < len(self.groups):
            return self
        other = self.to_group(self.index + by)
        return other if by > 0 else replace(other, current=other.group[-1])

    def next_where(self, wanted: Iterable[int]) -> Walk:
        """Go on to the next unit of the walk that is among `wanted`, from the start again at the end."""
        among = set(wanted)
        units = [unit for group in self.groups for unit in group]
        at = units.index(self.current) if self.current in units else -1
        for unit in units[at + 1 :] + units[: at + 1]:
            if unit in among:
                return self.to_unit(unit)
        return self

    def to_unit(self, unit: int) -> Walk:
        """Make a unit current, in its own group; leaves a box that does not hold it."""
        if unit in self.shown:
            return replace(self, current=unit)
        for index, group in enumerate(self.groups):
            if unit in group:
                return replace(self.to_group(index), current=unit)
        if unit not in self.order:
            raise BadRequest(f"There is no unit {unit} in this session.")
        return self.everywhere().to_unit(unit)

    def toggle(self, unit: int) -> Walk:
        """Mark a unit, or take the mark away; one from elsewhere is shown beside the group."""
        if unit not in self.order:
            raise BadRequest(f"There is no unit {unit} in this session.")
        extras = self.extras if unit in self.shown else (*self.extras, unit)
        return replace(self, marked=self.marked ^ {unit}, extras=extras)

    def mark_group(self) -> Walk:
        """Mark every unit that is shown."""
        return replace(self, marked=frozenset(self.shown))

    def with_extras(self, units: Iterable[int]) -> Walk:
        """Show more units beside the group, without marking them."""
        return replace(self, extras=(*self.extras, *(unit for unit in units if unit not in self.shown)))

    def without_extras(self) -> Walk:
        """Show the group alone; a mark beside it goes, and a current unit there gives way to one of the group."""
        current = self.current if self.current in self.group or not self.group else self.group[0]
        return replace(self, extras=(), current=current, marked=self.marked & frozenset(self.group))

    def beside(self, units: Iterable[int]) -> Walk:
        """Show the group of the first of these units, the others beside it, and mark them all."""
        wanted = [int(unit) for unit in units]
        if not wanted:
            return self
        walk = self.to_unit(wanted[0]).mark_none()
        walk = replace(walk, extras=())
        for unit in wanted:
            walk = walk.toggle(unit)
        return replace(walk, current=wanted[0])

    def clear(self) -> Walk:
        """Take all marks away; when there are none, leave the box."""
        return self.mark_none() if self.marked else self.everywhere()

    def mark_none(self) -> Walk:
        """Take all marks away."""
        return replace(self, marked=frozenset())

    def inside(self, units: Iterable[int]) -> Walk:
        """Walk through these units only, in the order of the walk; all of them when there are none."""
        among = {int(unit) for unit in units}
        return self._over(tuple(unit for unit in self.order if unit in among) or self.order)

    def along(self, units: Iterable[int]) -> Walk:
        """Walk through these units in the order in which they come, staying at the current one if it is among them."""
        among = set(self.order)
        walk = self._over(tuple(unit for unit in dict.fromkeys(map(int, units)) if unit in among) or self.order)
        here = self.current is not None and any(self.current in group for group in walk.groups)
        return walk.to_unit(self.current) if here and self.current is not None else walk

    def everywhere(self) -> Walk:
        """Walk through all units again, staying at the current one."""
        walk = self._over(self.order)
        return walk if self.current is None else walk.to_unit(self.current)
