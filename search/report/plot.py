"""The plots of a report as SVG that takes its colours from the page around it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from search.calibration import Bin

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEEPEST = 50
"""The last k of a curve of recall@k."""

# Drawn in stand-ins, which become the variables of the page's style: one plot serves light,
# dark and paper.
_INK, _FAINT, _LINE = "#010101", "#020202", "#030303"
_VARIABLES = {_INK: "var(--ink)", _FAINT: "var(--soft)", _LINE: "var(--line)"}
_SERIES = [f"#0a0a0{number}" for number in range(1, 7)]
_VARIABLES |= {colour: f"var(--series{n})" for n, colour in enumerate(_SERIES, start=1)}
_DASHES = ["-", (0, (5, 2)), (0, (1, 1.6)), (0, (6, 2, 1, 2)), (0, (3, 1)), "-."]


_SMALLEST, _LARGEST = 14.0, 120.0  # areas of points, in square points


def recall_curves(curves: Mapping[str, NDArray[np.float64]]) -> str:
    """Recall@k against k, a line per ranking, the first drawn boldest; SVG."""

    def draw(axes: Axes) -> None:
        for number, (name, curve) in enumerate(curves.items()):
            axes.plot(
                np.arange(1, len(curve) + 1),
                curve,
                color=_SERIES[number % len(_SERIES)],
                linestyle=_DASHES[number % len(_DASHES)],
                linewidth=2.6 if number == 0 else 1.7,
                label=name,
            )
        axes.set_xscale("log")
        axes.set_xticks([1, 2, 5, 10, 20, DEEPEST], ["1", "2", "5", "10", "20", str(DEEPEST)])
        axes.minorticks_off()
        axes.set_xlabel("k")
        axes.set_ylabel("recall@k")
        axes.set_ylim(top=1.02)
        _legend(axes)

    return _svg(draw, "recall")


def latencies(runs: Mapping[str, Sequence[float]]) -> str:
    """The share of queries done within a time, a line per run; SVG. Times in milliseconds."""
    from matplotlib.ticker import LogLocator

    def draw(axes: Axes) -> None:
        for number, (name, took) in enumerate(runs.items()):
            ordered = np.sort(np.asarray(took, dtype=np.float64))
            share = np.arange(1, len(ordered) + 1) / len(ordered)
            axes.step(
                np.maximum(ordered, 0.01),
                share,
                where="post",
                color=_SERIES[number],
                linestyle=_DASHES[number],
                linewidth=2,
                label=name,
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_formatter(lambda value, _: "")
        axes.set_xlabel("milliseconds, logarithmic")
        axes.set_ylabel("share of queries")
        axes.set_ylim(0, 1.02)
        if len(runs) > 1:
            _legend(axes)

    return _svg(draw, "latency")


def reliability_plot(bins: Sequence[Bin]) -> str:
    """How often answers of a confidence are right, against that confidence; SVG.

    The area of a point grows with the answers in its bin.
    """

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=_FAINT, linewidth=1, linestyle=(0, (3, 3)))
        sure = [one.confidence for one in bins]
        right = [one.accuracy for one in bins]
        axes.vlines(sure, np.minimum(sure, right), np.maximum(sure, right), color=_LINE, lw=3)
        most = max((one.count for one in bins), default=1)
        areas = [_SMALLEST + (_LARGEST - _SMALLEST) * one.count / most for one in bins]
        axes.scatter(sure, right, s=areas, color=_SERIES[0], zorder=3, clip_on=False)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("confidence said")
        axes.set_ylabel("share that was right")

    return _svg(draw, "reliability")


def risk_coverage_plot(curve: NDArray[np.float64]) -> str:
    """Share of answers that is wrong, against the share of questions answered; SVG.

    `curve` float64 (m, 2) of (coverage, risk).
    """

    def draw(axes: Axes) -> None:
        axes.plot(curve[:, 0], curve[:, 1], color=_SERIES[0], linewidth=2)
        axes.fill_between(curve[:, 0], curve[:, 1], color=_SERIES[0], alpha=0.12, linewidth=0)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, max(0.05, float(curve[:, 1].max()) * 1.1))
        axes.set_xlabel("share of questions answered, surest first")
        axes.set_ylabel("share of these that is wrong")

    return _svg(draw, "risk")


def _legend(axes: Axes) -> None:
    """Above the plot, where it hides no line."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=4,
        frameon=False,
        labelcolor=_INK,
        fontsize=10,
        borderaxespad=0.2,
    )


def _svg(draw: Callable[[Axes], None], name: str) -> str:
    """An `<svg>` element; `name` keeps its ids apart from those of other plots."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure = Figure(figsize=(5.6, 3.5), layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.subplots()
        axes.patch.set_alpha(0)
        axes.grid(color=_LINE, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.tick_params(colors=_FAINT, length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        draw(axes)
        axes.xaxis.label.set_color(_FAINT)
        axes.yaxis.label.set_color(_FAINT)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _inline(out.getvalue(), name)


def _inline(svg: str, name: str) -> str:
    """Without prologue, fixed size, metadata and fonts, and in the colours of the page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", svg)
    svg = re.sub(r'(<(?:g|path|use|defs|clipPath|text)[^>]*? id=")', rf"\1{name}-", svg)
    svg = re.sub(r'((?:xlink:href="|url\()#)', rf"\1{name}-", svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    return svg
