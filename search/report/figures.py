"""How figures are written, in a report and on a terminal: `.834`, `+.012`, `< .001`."""

from __future__ import annotations

from search.evaluate import Estimate

_LEAST = 0.001


def points(value: float) -> str:
    """0.8344 → `.834`, as tables of recall have it."""
    return f"{value:.3f}".removeprefix("0")


def interval(estimate: Estimate) -> str:
    """Its two ends: `.801–.866`, `.925–1`."""
    return "–".join(points(end).replace("1.000", "1") for end in (estimate.low, estimate.high))


def signed(value: float) -> str:
    """0.0121 → `+.012`; what rounds to nothing has no sign."""
    text = points(abs(value))
    return f"{'+' if value > 0 else '−'}{text}" if text != ".000" else text


def chance(p: float) -> str:
    """0.0312 → `.031`; what would round to nothing → `< .001`."""
    return "< .001" if p < _LEAST else points(p)
