"""The words of one made-up screen: a topic's terms, a sentence, labels every program has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from indexer.align.starter.screen_words import ENGLISH
from indexer.align.starter.screen_words_zh import CHINESE

GLYPHS = {
    "audio": "♪♫♬◉▶",
    "mail": "✉✍✎➤✓",
    "files": "❐❏▤⎘✂",
    "keyboard": "⌨⌘⌥⇧⏎",
    "power": "☀☾⏏⏚⚡",
    "maps": "⚑⌖✈⌂▲",
    "travel": "✈⚓⌂☂☀",
    "drawing": "✎✏✂✒◐",
    "games": "♞♠♦♣♥",
    "chat": "☺☏✉☻✆",
    "contacts": "☎✆☺⌂✉",
    "updates": "↻⟳⇩⬇✔",
    "backup": "⟲↺⇪⎘✔",
    "security": "⚿✔✖⚠☠",
    "science": "∑∫√⚛⚗",
    "shopping": "★☆♥✔➤",
    "network": "⇄⇅☁⌁⚙",
}
_TRIES = 6  # sentences looked at for one that suits a screen
_COMMON = "⚙★✎✔✖ℹ☰▦◧◍⬒⊕⊖⟳➜"


@dataclass(frozen=True)
class Labels:
    """What programs of every kind say, in one language."""

    menus: tuple[str, ...]
    confirm: tuple[str, ...]
    refuse: tuple[str, ...]
    actions: tuple[str, ...]
    values: tuple[str, ...]
    columns: tuple[str, ...]
    failures: tuple[str, ...]
    questions: tuple[str, ...]
    notes: tuple[str, ...]
    settings: tuple[str, ...]
    accounts: tuple[str, ...]
    steps: tuple[str, ...]


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


ENGLISH_LABELS = Labels(
    menus=("File", "Edit", "View", "Insert", "Tools", "Format", "Window", "Help", "Go", "Project"),
    confirm=("OK", "Apply", "Save", "Yes", "Continue", "Accept", "Next", "Confirm", "Done"),
    refuse=("Cancel", "Close", "No", "Ignore", "Discard", "Skip", "Not now", "Back", "Abort"),
    actions=("Add", "Remove", "Edit", "Search", "Refresh", "Import", "Export", "New", "Delete",
             "Share", "Open", "Settings", "Details", "Filter", "Learn more", "Browse…"),
    values=("Automatic", "On", "Off", "Default", "None", "Custom", "Enabled", "Disabled", "High",
            "Medium", "Low", "Never", "Always", "Ask every time", "Unknown", "Standard"),
    columns=("Name", "Status", "Type", "Date", "Size", "Owner", "Priority", "Amount", "ID"),
    failures=("{0} failed", "Could not open {0}", "{0} is not available", "Unable to load {0}",
              "{0}: permission denied", "{0} not found", "An error occurred in {0}",
              "{0} stopped working", "Invalid value for {0}", "{0} timed out"),
    questions=("Delete {0}?", "Save changes to {0}?", "Do you want to replace {0}?",
               "Reset {0} to default?", "Allow access to {0}?", "Leave without saving {0}?",
               "Are you sure you want to remove {0}?", "Turn on {0}?"),
    notes=("{0} and {1} can be changed here.", "Choose how {0} works.", "Select {0}, then {1}.",
           "{0} has been saved.", "This affects {0} and {1}.", "Click {0} to continue.",
           "No {0} yet. Add one to get started.", "Use {0} to change {1}."),
    settings=("Settings", "Preferences", "Options", "Configuration", "Properties"),
    accounts=("admin", "guest", "user 7", "front desk", "support", "operator", "user 12", "manager",
              "kiosk 3", "night shift"),
    steps=("Welcome", "Licence", "Choose", "Configure", "Review", "Install", "Finish"),
)  # fmt: skip
CHINESE_LABELS = Labels(
    menus=_listed("文件 编辑 视图 插入 工具 格式 窗口 帮助 转到 项目"),
    confirm=_listed("确定 应用 保存 是 继续 接受 下一步 确认 完成 重试"),
    refuse=_listed("取消 关闭 否 忽略 放弃 跳过 以后再说 返回 中止"),
    actions=_listed("添加 移除 编辑 搜索 刷新 导入 导出 新建 删除 分享 打开 设置 详情 筛选 浏览…"),
    values=_listed("自动 开启 关闭 默认 无 自定义 已启用 已禁用 高 中 低 从不 始终 每次询问 未知"),
    columns=_listed("名称 状态 类型 日期 大小 所有者 优先级 金额 编号"),
    failures=("{0}失败", "无法打开{0}", "{0}不可用", "加载{0}时出错", "{0}:权限不足", "找不到{0}",
              "{0}已停止工作", "{0}的值无效"),
    questions=("要删除{0}吗?", "是否保存对{0}的更改?", "要替换{0}吗?", "将{0}恢复为默认值?",
               "允许访问{0}吗?", "确定要移除{0}吗?"),
    notes=("可以在此更改{0}和{1}。", "选择{0}的工作方式。", "先选{0},再选{1}。", "{0}已保存。",
           "此设置会影响{0}和{1}。", "点击{0}继续。"),
    settings=("设置", "首选项", "选项", "配置", "属性"),
    accounts=_listed("管理员 访客 用户7 前台 客服 操作员 用户12 值班室"),
    steps=_listed("欢迎 许可协议 选择 配置 检查 安装 完成"),
)  # fmt: skip


@dataclass
class Topic:
    """What one screen is about, and the dice that draw its words.

    `terms(n)` never repeats a term within a screen until all were used.
    """

    name: str
    chinese: bool
    labels: Labels
    sentence: str
    dice: Random
    _all: list[str]
    _left: list[str]

    def terms(self, count: int) -> list[str]:
        drawn: list[str] = []
        while len(drawn) < count:
            if not self._left:
                self._left = self.dice.sample(self._all, len(self._all))
            drawn.append(self._left.pop())
        return drawn

    def term(self) -> str:
        return self.terms(1)[0]

    def pick(self, options: Sequence[str]) -> str:
        return self.dice.choice(options)

    def some(self, options: Sequence[str], count: int) -> list[str]:
        """`count` different options in their own order; all of them when there are fewer."""
        chosen = set(self.dice.sample(range(len(options)), min(count, len(options))))
        return [option for place, option in enumerate(options) if place in chosen]

    def fill(self, templates: Sequence[str]) -> str:
        first, second = self.terms(2)
        if second[1:].islower():
            second = second.lower()
        return self.pick(templates).format(first, second)

    def message(self) -> str:
        """The caller's sentence where there is one, otherwise a failure, a question or a note."""
        if self.sentence:
            return self.sentence
        labels = self.labels
        return self.fill(self.dice.choice((labels.failures, labels.questions, labels.notes)))

    def value(self) -> str:
        """A plausible content of a field."""
        dice = self.dice
        draw = dice.random()
        if draw < 0.45:
            return self.pick(self.labels.values)
        if draw < 0.6:
            return str(dice.choice((dice.randint(0, 99), dice.randint(100, 9999))))
        if draw < 0.7:
            return f"{dice.randint(1, 99)}{dice.choice((' %', ' ms', ' MB', ' px', ' dB', ' s'))}"
        if draw < 0.8:
            return self.date()
        if draw < 0.9:
            return self.pick(self.labels.accounts)
        return self.term()

    def date(self) -> str:
        dice = self.dice
        year, month, day = dice.randint(2015, 2025), dice.randint(1, 12), dice.randint(1, 28)
        return dice.choice((f"{year}-{month:02}-{day:02}", f"{day}/{month}/{year}"))

    def glyph(self) -> str:
        own = GLYPHS.get(self.name)
        return self.dice.choice(own if own and self.dice.random() < 0.6 else _COMMON)


@cache
def _families(chinese: bool) -> dict[str, tuple[str, ...]]:
    if chinese:
        return {name: tuple(terms.split()) for name, terms in CHINESE.items()}
    return {
        name: tuple(" ".join(term.split()) for term in terms.split(";"))
        for name, terms in ENGLISH.items()
    }


@cache
def _stems() -> dict[str, frozenset[str]]:
    return {name: frozenset(_words(" ".join(terms))) for name, terms in _families(False).items()}


def _words(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"[a-z]{3,}", text.lower())}


def family_of(sentence: str) -> str:
    """The topic that shares most words with an English sentence; empty where none shares any."""
    words = _words(sentence)
    name, shared = max(
        ((name, len(words & stems)) for name, stems in _stems().items()), key=lambda pair: pair[1]
    )
    return name if shared else ""


def draw_topic(texts: Sequence[str], dice: Random, fitting: Sequence[str] = ()) -> Topic:
    """A topic with words and, mostly, a sentence of `texts`; one in eight is Chinese.

    Args:
        texts: sentences to choose from. A sentence of the other language is not taken.
        dice: draws everything.
        fitting: topics that suit the screen; three in four are drawn from these.
    """
    chinese = dice.random() < 0.125
    families = _families(chinese)
    fits = [name for name in fitting if name in families]
    bound = bool(fits) and dice.random() < 0.75
    name = dice.choice(fits if bound else sorted(families))
    sentence = ""
    for _ in range(_TRIES if texts and dice.random() < 0.75 else 0):
        candidate = " ".join(dice.choice(texts).split())
        if chinese != bool(re.search(r"[\u4e00-\u9fff]", candidate)):
            continue
        about = "" if chinese else family_of(candidate)
        if bound and about not in ("", *fits):
            continue
        sentence = candidate if len(candidate) <= 160 else candidate[:157] + "…"
        name = about or name
        break
    labels = CHINESE_LABELS if chinese else ENGLISH_LABELS
    return Topic(name, chinese, labels, sentence, dice, list(families[name]), [])
