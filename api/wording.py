"""Answers worded by a language model, beside the threads that search."""

from __future__ import annotations

from collections.abc import Sequence

from anyio import CapacityLimiter, to_thread

from indexer.errors import BadConfig
from search.grounded import Chat, Passage, grounded
from search.llm import NO_ENDPOINT
from search.results import Answer

AT_ONCE = 8
"""Replies awaited at once. They wait for another machine, so searches need not wait for them."""


class Wording:
    """The language model of a service, None where the settings name none."""

    def __init__(self, chat: Chat | None) -> None:
        self._chat = chat
        self._slots = CapacityLimiter(AT_ONCE)

    def check(self) -> None:
        """Raises BadConfig where there is no language model."""
        if self._chat is None:
            raise BadConfig(NO_ENDPOINT)

    async def word(self, answer: Answer, passages: Sequence[Passage]) -> Answer:
        """See search.grounded; `answer` as it is where there is no language model."""
        chat = self._chat
        if chat is None:
            return answer
        return await to_thread.run_sync(
            lambda: grounded(answer, passages, chat, lambda _: None), limiter=self._slots
        )
