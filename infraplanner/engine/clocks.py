"""The clocks at which chips and their cooling agree: a bracketed secant for one pool, Broyden's method for several."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TOLERANCE = 1e-6
LOOSE = 1e-3
"""Misfit up to which clocks count as settled when the passes are used up."""
PASSES = 80
QUASI_NEWTON_PASSES = 30
GENTLE_FRAC = 0.3
LONGEST_STEP, SHORTEST_REACH = 0.5, 0.02


class ClockSearch:
    """Clocks of the pools whose chips then allow just these clocks.

    The clock that chips allow falls when they run faster, for their own heat warms what cools them. So putting the
    allowed clock in for the present one swings without end where the cooling is scarce. Here the misfit (allowed less
    present clock) goes to zero by quasi-Newton steps from the best point so far, shorter after each that gained nothing
    (Broyden 1965, Math. Comp. 19); by gentle substitution where these lead nowhere. One pool is held in a bracket, for
    coolant that follows the heat may also turn the answer round: slower chips then get less flow. `slopes` is
    d misfit / d clock, from a search nearby or unknown.
    """

    def __init__(self, start_frac: Floats, least_frac: float, slopes: Floats | None = None) -> None:
        self.clock = start_frac.copy()
        self.slopes = -2.0 * np.eye(start_frac.size) if slopes is None else slopes.copy()
        self.misfit = np.inf
        self._least = least_frac
        self._last: tuple[Floats, Floats] | None = None
        self._best: tuple[Floats, Floats] | None = None
        self._reach, self._stiffness = 1.0, 4.0
        self._low, self._high = (least_frac, False), (1.0, False)
        self._done = 0

    def settled(self, allowed_frac: Floats) -> bool:
        """Whether these are the clocks; otherwise `clock` moves on to better ones."""
        miss = allowed_frac - self.clock
        self.misfit = _largest(miss)
        if self.misfit <= TOLERANCE:
            return True
        self._learn(miss)
        self._done += 1
        last, self._last = self._last, (self.clock, miss)
        if miss.size == 1:
            self.clock = self._bracketed(float(self.clock[0]), float(miss[0]), last)
        elif self._done > QUASI_NEWTON_PASSES:
            self.clock = np.clip(self.clock + GENTLE_FRAC * miss, self._least, 1.0)
        else:
            self.clock = self._quasi_newton(miss)
        return False

    def _bracketed(self, clock: float, miss: float, last: tuple[Floats, Floats] | None) -> Floats:
        """The secant's zero where it lies within the bracket and the last step gained; else its middle, or an end that
        was not tried yet.
        """
        if miss > 0.0:
            self._low = clock, True
        else:
            self._high = clock, True
        (low, low_tried), (high, high_tried) = self._low, self._high
        slope = float(self.slopes[0, 0])
        wanted = min(high, max(low, clock - miss / slope)) if slope < 0.0 else (low if miss < 0.0 else high)
        slow = last is not None and abs(miss) > 0.5 * abs(float(last[1][0]))
        known = (wanted <= low and low_tried) or (wanted >= high and high_tried)
        if known or (slow and low_tried and high_tried):
            wanted = 0.5 * (low + high)
        return np.array([wanted])

    def _quasi_newton(self, miss: Floats) -> Floats:
        if self._best is None or self.misfit < _largest(self._best[1]):
            self._best, self._reach = (self.clock, miss), min(1.0, 2.0 * self._reach)
        else:
            self._reach *= 0.5
        if self._reach < SHORTEST_REACH:  # what was learnt leads nowhere: start stiffer
            self.slopes = -self._stiffness * np.eye(miss.size)
            self._reach, self._stiffness = 1.0, 2.0 * self._stiffness
        return self._next(*self._best)

    def _learn(self, miss: Floats) -> None:
        if self._last is not None:
            step = self.clock - self._last[0]
            if step @ step > 0.0:
                self.slopes += np.outer(miss - self._last[1] - self.slopes @ step, step) / (step @ step)

    def _next(self, clock: Floats, miss: Floats) -> Floats:
        """A step from a point, without pools that rest at an end of their range."""
        free = ~(((clock <= self._least) & (miss <= TOLERANCE)) | ((clock >= 1.0) & (miss >= -TOLERANCE)))
        step = np.zeros(clock.size)
        try:
            step[free] = -np.linalg.solve(self.slopes[np.ix_(free, free)], miss[free])
        except np.linalg.LinAlgError:
            step = miss / self._stiffness
        found = np.clip(clock + np.clip(self._reach * step, -LONGEST_STEP, LONGEST_STEP), self._least, 1.0)
        if _largest(found - clock) < TOLERANCE * TOLERANCE:
            found = np.clip(clock + self._reach * miss / self._stiffness, self._least, 1.0)
        return found


def _largest(values: Floats) -> float:
    return float(np.abs(values).max()) if values.size else 0.0
