"""A heading → what a customer would type, in English or Chinese."""

from __future__ import annotations

import re
from random import Random

from indexer.store.codes import is_code, plain
from search.synthesize.paraphrase import content_words, is_han

_NUMBER = re.compile(r"^(?:(?:\d+\.)+\d*|\d+(?:\.\d+)*|第.{1,3}[章节步])[\s:：、.]+")
_SIGNS = re.compile(r"^[^\w\"'.$/\\-]+")
_MARKS = re.compile(r"[*_`#]+|\{#.*?\}")
_ASKS = ("how", "what", "why", "where", "when", "which", "can", "does", "is", "do", "i", "my")
_DOES = frozenset(
    {
        *("add", "adjust", "allow", "change", "check", "choose", "clean", "close", "configure"),
        *("connect", "convert", "copy", "create", "customize", "delete", "descale", "disable"),
        *("download", "edit", "enable", "export", "fill", "find", "fix", "get", "hide", "import"),
        *("install", "join", "launch", "link", "load", "make", "manage", "measure", "mount"),
        *("move", "open", "order", "pair", "print", "record", "remove", "rename", "replace"),
        *("reset", "restart", "restore", "rinse", "run", "save", "select", "send", "set", "share"),
        *("show", "split", "start", "stop", "switch", "turn", "uninstall", "unmount", "update"),
        *("upgrade", "use", "vent", "view"),
    }
)
_TROUBLE = frozenset({"not", "cannot", "no", "fails", "failed", "without"})
_STEPS = ("how do I {}", "how to {}", "I want to {}")
_DOING = ("help with {}", "how does {} work", "problem with {}")
_THINGS = ("what is {}", "where do I find {}", "{} how does it work", "question about {}")
_CODES = ("what does {} mean", "I get {}", "message {}")
_DOES_ZH = ("设置", "升级", "恢复", "连接", "更换", "开启", "关闭", "修改", "添加", "删除", "清洁",
            "清洗", "安装", "配对", "重置", "重启", "更新", "导出", "导入", "备份", "使用", "查看",
            "选择", "打开", "制作", "除垢", "找回", "登录")  # fmt: skip
_STEPS_ZH = ("怎么{}", "如何{}", "想要{}，怎么做")
_THINGS_ZH = ("{}是什么意思", "{}在哪里", "关于{}的问题")
_CODES_ZH = ("{}怎么解决", "显示{}", "{}是什么原因")
_SHORT = 2
"""A heading of so few words needs the name of what it is about."""


def question(heading: str, about: str, random: Random) -> str:
    """What one would type who looks for what `heading` names; "" where it names nothing.

    `about` is the title of its document, which is added where the heading says little.
    """
    plain_heading = clean(heading)
    if is_han(plain_heading):
        return _chinese(plain_heading, clean(about), random)
    words = content_words(plain_heading)
    if not any(sum(letter.isalpha() for letter in word) > 2 for word in words):
        return ""
    asked = _english(plain_heading, random)
    topic = clean(about)
    if len(words) > _SHORT or not topic or topic.casefold() in asked.casefold():
        return asked
    if plain_heading.casefold() in topic.casefold():
        return asked
    return f"{asked} in {_in_line(topic)}"


def clean(heading: str) -> str:
    """Without its number, marks of markup, and a full stop or colon at its end."""
    text = " ".join(_MARKS.sub("", heading).split())
    return _NUMBER.sub("", _SIGNS.sub("", text)).strip().rstrip(".:：。")


def _english(heading: str, random: Random) -> str:
    text = _in_line(heading)
    first = text.split()[0].lower()
    troubled = any(word in _TROUBLE or word.endswith("n't") for word in text.lower().split())
    if heading.endswith("?") or first in _ASKS:
        return text.rstrip("?")
    if any(is_code(plain(word.strip(":,()").lower())) for word in text.split()):
        return random.choice(_CODES).format(text)
    if troubled:
        return text
    if first in _DOES:
        return random.choice(_STEPS).format(text)
    if first.endswith("ing") and len(first) > 5:
        return random.choice(_DOING).format(text)
    return random.choice(_THINGS).format(text)


def _chinese(heading: str, about: str, random: Random) -> str:
    text = heading.rstrip("？?")
    if len(text) < _SHORT:
        return ""
    if heading.endswith(("？", "?")):
        return text
    if any(is_code(plain(word.lower())) for word in re.findall(r"[A-Za-z0-9-]+", text)):
        asked = random.choice(_CODES_ZH).format(text)
    elif text.startswith(_DOES_ZH):
        asked = random.choice(_STEPS_ZH).format(text)
    else:
        asked = random.choice(_THINGS_ZH).format(text)
    vague = len(text) <= 2 * _SHORT and about and about not in asked and text not in about
    return f"{about} {asked}" if vague else asked


def _in_line(heading: str) -> str:
    """In small letters, as typed in a line; codes, names in camel case and acronyms stay."""
    shouted = heading.isupper() and " " in heading
    words = [_small(word, shouted) for word in heading.split()]
    return " ".join(words)


def _small(word: str, shouted: bool) -> str:
    if any(sign.isdigit() for sign in word):
        return word
    inner = word[1:]
    return word.lower() if shouted or inner == inner.lower() else word
