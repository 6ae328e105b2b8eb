"""An answer worded by a language model, shown while it arrives."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from search.grounded import Chat, Passage, grounded
from search.results import Answer


def worded(answer: Answer, passages: Sequence[Passage], chat: Chat) -> Answer:
    """See search.grounded; the last sentence that passed is shown on a terminal meanwhile.

    What is shown is gone again at the end: the whole answer may yet fall back to quotations.
    """
    console = Console(stderr=True)
    with console.status(Text(f"{chat.model} reads {len(passages)} passages")) as status:
        return grounded(answer, passages, chat, lambda sentence: status.update(Text(sentence)))
