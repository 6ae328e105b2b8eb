"""Which column of a ticket export is what, by configuration or by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from indexer.config import TicketColumns

STATUS_WORDS = 3
"""A resolution column with no longer value than this many words holds statuses, not text."""

_ID = (
    "id", "ticketid", "issueid", "bugid", "caseid", "key", "issuekey", "number", "ticketnumber",
    "casenumber", "ticket", "编号", "工单号", "工单编号",
)  # fmt: skip
_TITLE = ("title", "subject", "summary", "question", "name", "标题", "主题", "问题")
_BODY = (
    "body", "description", "text", "content", "message", "answers", "answer", "details",
    "描述", "问题描述", "内容",
)  # fmt: skip
_QUESTION = ("question", "问题")
_ANSWER = ("answer", "answers")
_STATUS = ("resolution", "处理结果")
_RESOLUTION = ("resolution", "solution", "reply", "解决方案", "处理结果", "答复")
_DATE = (
    "date", "created", "createdat", "createddate", "creationdate", "createdtime", "日期",
    "创建时间", "updated", "updatedat",
)  # fmt: skip
_PRODUCT = ("product", "产品")
_LANGUAGE = ("language", "lang", "语言")
_IMAGE = (
    "image", "images", "attachment", "attachments", "screenshot", "screenshots", "图片", "截图",
)  # fmt: skip
_SINGLE = {
    "id": _ID, "title": _TITLE, "date": _DATE, "product": _PRODUCT, "language": _LANGUAGE,
    "image": _IMAGE,
}  # fmt: skip
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")

Record = Mapping[str, object]
"""One record: column name, or path of a nested key joined with dots → its value."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file by role; an empty string or tuple where there is none."""

    id: str = ""
    title: str = ""
    body: tuple[str, ...] = ()
    resolution: tuple[str, ...] = ()
    date: str = ""
    product: str = ""
    language: str = ""
    image: str = ""

    @property
    def mapped(self) -> frozenset[str]:
        """Every column that has a role; the others are metadata."""
        single = (self.id, self.title, self.date, self.product, self.language, self.image)
        return frozenset({*single, *self.body, *self.resolution} - {""})


def recognise(names: Sequence[str], sample: Sequence[Record], chosen: TicketColumns) -> Columns:
    """The role of each column of `names`; what `chosen` names wins over what names suggest.

    `sample` is the beginning of the file: a column called "resolution" whose values there are
    statuses ("FIXED", "won't fix") stays metadata. A chosen column that the file does not
    have is passed over; see `absent`.
    """
    known = set(names)
    single = {role: _chosen(chosen, role, known) for role in _SINGLE}
    body = tuple(name for name in chosen.body if name in known)
    resolution = tuple(name for name in chosen.resolution if name in known)
    taken = {*single.values(), *body, *resolution}
    for role, words in _SINGLE.items():
        if not single[role]:
            single[role] = _first(words, [name for name in names if name not in taken])
            taken.add(single[role])
    free = [name for name in names if name not in taken]
    body = body or tuple(_named((*_BODY, *_QUESTION), free))
    free = [name for name in free if name not in body]
    if not resolution:
        body, answers = _split_answers(body, bool(chosen.body))
        found = [n for n in _named(_RESOLUTION, free) if not _is_status(n, sample)]
        resolution = (*found, *answers)
    return Columns(**single, body=body, resolution=resolution)


def absent(names: Iterable[str], chosen: TicketColumns) -> Iterator[str]:
    """Say which settings name a column that is not among `names`."""
    known = set(names)
    for role in TicketColumns.model_fields:
        value = getattr(chosen, role)
        for name in (value,) if isinstance(value, str) else value:
            if name and name not in known:
                yield f"tickets.{role} names {name!r}, which is no column here"


def _chosen(chosen: TicketColumns, role: str, known: set[str]) -> str:
    name = getattr(chosen, role)
    return str(name) if name in known else ""


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-#.]+", "", name).casefold()


def _first(words: Sequence[str], names: Sequence[str]) -> str:
    """The column whose name stands earliest in `words`."""
    by_word = {_plain(name): name for name in reversed(names)}
    return next((by_word[word] for word in words if word in by_word), "")


def _named(words: Sequence[str], names: Sequence[str]) -> list[str]:
    return [name for name in names if _plain(name) in words]


def _split_answers(body: tuple[str, ...], fixed: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """An answer resolves what another column describes; alone, it is the text itself."""
    answers = tuple(name for name in body if _plain(name) in _ANSWER)
    others = tuple(name for name in body if name not in answers)
    return (body, ()) if fixed or not others else (others, answers)


def _is_status(name: str, sample: Sequence[Record]) -> bool:
    if _plain(name) not in _STATUS:
        return False
    values = [value for record in sample if (value := record.get(name)) not in (None, "")]
    return bool(values) and all(
        isinstance(value, str) and _words(value) <= STATUS_WORDS for value in values
    )


def _words(text: str) -> float:
    """Words of a text; two Chinese characters count as one."""
    return len(_CJK.sub(" ", text).split()) + len(_CJK.findall(text)) / 2
