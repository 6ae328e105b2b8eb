"""Says which packages are missing before any work is done."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

CHROMIUM = "/usr/bin/chromium"

_MODULES = {
    "playwright": "playwright",
    "jinja2": "jinja2",
    "PIL": "pillow",
    "numpy": "numpy",
    "pypdfium2": "pypdfium2",
}
_FONTS = {
    "Inter": "fonts-inter",
    "Noto Sans CJK SC": "fonts-noto-cjk",
    "JetBrains Mono": "fonts-jetbrains-mono",
}


def missing() -> list[str]:
    """One line per missing package, with the command that installs it."""
    lines = [
        f"Python package {name}: pip install {name}"
        for module, name in _MODULES.items()
        if importlib.util.find_spec(module) is None
    ]
    if not Path(CHROMIUM).is_file():
        lines.append(f"{CHROMIUM}: apt-get install chromium")
    if shutil.which("espeak-ng") is None:
        lines.append("espeak-ng: apt-get install espeak-ng")
    if shutil.which("fc-list") is None:
        return [*lines, "fc-list: apt-get install fontconfig"]
    listed = subprocess.run(
        ["fc-list", ":", "family"], check=True, capture_output=True, text=True
    ).stdout
    lines += [
        f"font {font}: apt-get install {package}"
        for font, package in _FONTS.items()
        if font not in listed
    ]
    return lines
