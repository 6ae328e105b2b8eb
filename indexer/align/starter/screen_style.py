"""How a made-up screen looks: a toolkit's shapes, a palette and fonts, as CSS variables."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

FONTS = (
    "Inter", "DejaVu Sans", "Liberation Sans", "Liberation Sans", "Inter Display",
    "DejaVu Sans Condensed", "Liberation Serif", "Liberation Sans Narrow",
)  # fmt: skip
MONOSPACE = ("JetBrains Mono", "DejaVu Sans Mono", "Liberation Mono")

# One sheet for every screen of a page; the variables are set on each screen's outermost element.
SHEET = """
*{box-sizing:border-box} body{margin:0;background:#fff}
.scr{position:relative;overflow:hidden;contain:strict}
.z{font:var(--s)/1.4 var(--f);color:var(--fg);background:var(--desk);width:100%;height:100%;
  display:flex;flex-direction:column;transform-origin:0 0}
.win{background:var(--bg);border:1px solid var(--line);border-radius:var(--r);overflow:hidden;
  display:flex;flex-direction:column;flex:1;min-height:0;box-shadow:0 8px 30px #0005}
.title{display:flex;align-items:center;gap:8px;background:var(--bar);color:var(--barfg);
  padding:6px 10px;font-weight:600;white-space:nowrap}
.title.mid .t{flex:1;text-align:center}.title .t{flex:1;overflow:hidden}
.dot{width:12px;height:12px;border-radius:50%;display:inline-block;margin-right:6px}
.cap{font-family:'DejaVu Sans';padding:0 6px;font-weight:400}
.menu{display:flex;gap:18px;padding:3px 12px;background:var(--panel);white-space:nowrap}
.tools{display:flex;gap:6px;padding:5px 10px;background:var(--panel);align-items:center;
  border-bottom:1px solid var(--line);white-space:nowrap;overflow:hidden}
.ico{font-family:'DejaVu Sans';color:var(--i,var(--fg));font-size:1.25em;min-width:1.6em;
  text-align:center;display:inline-block;line-height:1.5}
.row{display:flex;flex:1;min-height:0}.col{display:flex;flex-direction:column;min-width:0}
.side{background:var(--panel);border-right:1px solid var(--line);padding:8px 0;overflow:hidden}
.side div{padding:calc(var(--p)*.5) 14px;white-space:nowrap}
.on{background:var(--acc);color:var(--onacc)}
.body{flex:1;padding:calc(var(--p)*1.6);overflow:hidden;min-width:0}
.pad{padding:var(--p)}.gap{display:flex;gap:var(--p);flex-wrap:wrap;align-items:center}
.btn{display:inline-block;padding:calc(var(--p)*.45) calc(var(--p)*1.5);border-radius:var(--r2);
  background:var(--btn);border:1px solid var(--line);white-space:nowrap;text-align:center}
.btn.go{background:var(--acc);color:var(--onacc);border-color:var(--acc)}
.feet{display:flex;justify-content:flex-end;gap:8px;padding:var(--p) calc(var(--p)*1.4)}
.in{background:var(--field);border:1px solid var(--line);border-radius:var(--r2);
  padding:calc(var(--p)*.4) 8px;min-width:9em;display:inline-flex;justify-content:space-between;
  gap:10px;white-space:nowrap;overflow:hidden}
.in i{font-style:normal;color:var(--dim);font-family:'DejaVu Sans'}
.dim{color:var(--dim)}.acc{color:var(--acc)}.b{font-weight:700}.big{font-size:1.5em;font-weight:700}
.huge{font-size:2.1em;font-weight:700}.small{font-size:.85em}.c{text-align:center}
.f{display:flex;align-items:center;gap:12px;margin:calc(var(--p)*.7) 0}
.f>.l{width:var(--lw,38%);flex:none}.f.r>.l{text-align:right}.f.up{display:block}
.f.up>.l{display:block;width:auto;margin-bottom:3px;text-align:left}.f.up .in{width:100%}
.f.up .sl,.f.up .sw{display:block;margin:9px 0}
.bx{width:1.05em;height:1.05em;border:1px solid var(--dim);border-radius:3px;display:inline-block;
  flex:none;background:var(--field);font:700 .8em/1.05em 'DejaVu Sans';text-align:center}
.bx.o{border-radius:50%}.bx.y{background:var(--acc);color:var(--onacc);border-color:var(--acc)}
.sw{width:2.5em;height:1.35em;border-radius:1em;background:var(--dim);position:relative;flex:none}
.sw:after{content:'';position:absolute;top:.16em;left:.18em;width:1.03em;height:1.03em;
  border-radius:50%;background:#fff}.sw.y{background:var(--acc)}.sw.y:after{left:1.3em}
.sl{height:5px;border-radius:3px;background:var(--line);position:relative;flex:1;max-width:16em}
.sl b{position:absolute;left:0;top:0;bottom:0;background:var(--acc);border-radius:3px}
.sl b:after{content:'';position:absolute;right:-7px;top:-5px;width:15px;height:15px;
  border-radius:50%;background:var(--knob);border:1px solid var(--dim)}
.tabs{display:flex;gap:2px;border-bottom:1px solid var(--line);padding:6px 10px 0;
  white-space:nowrap}
.tabs span{padding:5px 14px;border-radius:var(--r2) var(--r2) 0 0}
.tabs .now{background:var(--bg);border:1px solid var(--line);border-bottom:2px solid var(--acc)}
.grp{border:1px solid var(--line);border-radius:var(--r2);padding:var(--p);margin:var(--p) 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:var(--r2);
  padding:calc(var(--p)*1.2);overflow:hidden}
table{border-collapse:collapse;width:100%}
td,th{padding:calc(var(--p)*.45) 10px;text-align:left;border-bottom:1px solid var(--line);
  white-space:nowrap;overflow:hidden}
th{background:var(--panel);font-weight:600}.grid td,.grid th{border:1px solid var(--line)}
.alt tr:nth-child(odd) td{background:var(--panel)}tr.on td{background:var(--acc)!important}
.badge{border-radius:1em;padding:1px 10px;font-size:.85em;background:var(--panel);
  white-space:nowrap}
.pic{border-radius:var(--r2);display:flex;align-items:center;justify-content:center;color:#fffd;
  font:2.4em 'DejaVu Sans'}
.bad{color:#d4351c}.good{color:#1e8e3e}.warn{color:#d98200}
.mono{font-family:var(--m);white-space:pre;overflow:hidden}
.float{position:absolute;z-index:3;background:var(--card);border:1px solid var(--line);
  box-shadow:0 6px 24px #0006;border-radius:var(--r2)}
.hl{outline:3px solid var(--hc,#e01b24);outline-offset:3px;position:relative;border-radius:2px}
.hl[data-n]:after{content:attr(data-n);position:absolute;left:-.7em;top:-1em;width:1.7em;
  height:1.7em;border-radius:50%;background:var(--hc,#e01b24);color:#fff;z-index:9;
  font:700 15px/1.7em 'Liberation Sans';text-align:center}
.nb{position:relative}.nb[data-n]:after{content:attr(data-n);position:absolute;right:-1.9em;
  top:-.1em;width:1.7em;height:1.7em;border-radius:50%;background:var(--hc,#e01b24);color:#fff;
  font:700 15px/1.7em 'Liberation Sans';text-align:center;z-index:9}
.arrow{position:absolute;z-index:8;left:70%;top:70%;pointer-events:none}
.classic .btn,.classic .bx{border:2px outset #ddd;border-radius:0}
.classic .in{border:2px inset #bbb;border-radius:0}.flat .btn{border-color:transparent}
.pill .btn,.pill .in{border-radius:2em}.line .in{border-width:0 0 2px}
"""


@dataclass(frozen=True)
class Theme:
    """A look: `css` and `classes` are for the style and class of a screen's outermost element."""

    css: str
    classes: str
    dark: bool
    titlebar: str


def _colour(hue: float, saturation: float, lightness: float) -> str:
    return f"hsl({hue:.0f} {saturation:.0f}% {lightness:.0f}%)"


def _palette(dice: Random, dark: bool, classic: bool) -> dict[str, str]:
    hue, tint = dice.uniform(0, 360), dice.choice((0, 0, 3, 8, 14))
    shade = dice.uniform(9, 20) if dark else dice.uniform(93, 100)
    if classic:
        shade, tint = dice.uniform(80, 90), dice.choice((0, 6))
    step = 5 if dark else -4
    accent = dice.choice((dice.uniform(200, 225), dice.uniform(0, 360)))
    bright = dice.uniform(40, 56)
    text = dice.uniform(82, 96) if dark else dice.uniform(5, 22)
    return {
        "bg": _colour(hue, tint, shade),
        "panel": _colour(hue, tint, shade + step * dice.choice((0.4, 1, 1.8))),
        "card": _colour(hue, tint, shade + (4 if dark else 2)),
        "field": _colour(hue, tint, shade - 4 if dark else 99),
        "btn": _colour(hue, tint, shade + step * dice.choice((0.8, 1.5, 2.5))),
        "fg": _colour(hue, tint, text),
        "dim": _colour(hue, tint, 62 if dark else 45),
        "line": _colour(hue, tint, shade + (14 if dark else -dice.choice((8, 14, 24)))),
        "knob": "#eee" if dark else "#fff",
        "acc": _colour(accent, dice.uniform(45, 95), bright),
        "onacc": "#111" if 45 < accent % 360 < 190 and bright > 46 else "#fff",
        "desk": _colour(dice.uniform(0, 360), dice.uniform(0, 55), dice.uniform(15, 90)),
    }


def draw_theme(dice: Random) -> Theme:
    """A random look; about two in five are dark, one in nine is grey and bevelled."""
    dark = dice.random() < 0.38
    classic = not dark and dice.random() < 0.18
    palette = _palette(dice, dark, classic)
    family = dice.choice(FONTS)
    radius = 0 if classic else dice.choice((0, 2, 4, 6, 8, 12))
    bar = dice.choice(("panel", "bg", "acc", "btn", "dark"))
    if bar == "dark":
        palette |= {"bar": _colour(dice.uniform(0, 360), 12, 22), "barfg": "#f4f4f4"}
    else:
        palette |= {"bar": palette[bar], "barfg": palette["onacc" if bar == "acc" else "fg"]}
    palette |= {
        "f": f"'{family}','Noto Sans CJK SC',sans-serif",
        "m": f"'{dice.choice(MONOSPACE)}','Noto Sans Mono CJK SC',monospace",
        "s": f"{dice.choice((13, 14, 14, 15, 16, 18, 20))}px",
        "p": f"{dice.choice((6, 8, 10, 12, 15))}px",
        "r": f"{radius}px",
        "r2": f"{min(radius, 8)}px",
        "hc": dice.choice(("#e01b24", "#e01b24", "#ff00aa", "#ff7800", "#1a5fb4", "#2ec27e")),
    }
    classes = "classic" if classic else dice.choice(("", "", "flat", "pill", "line"))
    css = ";".join(f"--{name}:{value}" for name, value in palette.items())
    titlebar = dice.choice(("dots", "caps", "caps", "capsmid", "close"))
    return Theme(css, classes, dark, titlebar)
