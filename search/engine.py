"""The only file that knows the order of steps from a question to hits and an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Self

from pydantic import JsonValue

from indexer.adapter import Stamp, adapters_for, adapters_stamp
from indexer.config import Settings
from indexer.encoders.choose import canonical
from indexer.encoders.lsa import LSA
from indexer.errors import IndexMismatch, TriptychError
from indexer.lanes import TEXT
from indexer.records import Filter, Modality, Scored, StoredChunk
from indexer.store.analysis import tokens
from indexer.store.index import Index
from indexer.store.manifest import Current, read_current
from search.about import describe
from search.answer import Answerer, Supported, pictured
from search.correct import corrected, rewritten
from search.fusion.confidence import signals_of
from search.fusion.learnt import fusion_for
from search.matching import matched_lines
from search.models import Models
from search.prepare import Prepared, Preparer, Stopwatch
from search.query import Query
from search.recall import Group, Recalled, group, recall
from search.recognise import copies_first, mark, recognise
from search.rerank.base import Asked
from search.rerank.order import rerank
from search.results import Answer, Hit, Region, SearchResult
from search.tickets import selected
from search.trial import Trial

_READ = 5
"""Groups, and chunks of each, in which a word that was meant is looked for."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A search with everything that an answer is drawn from; `fused` is before reranking."""

    result: SearchResult
    prepared: Prepared
    fused: list[Group]
    groups: list[Group]
    lanes: Mapping[str, Sequence[Scored]]


class Engine:
    """An open index with the models that made it. Safe for several threads."""

    def __init__(
        self, folder: Path, index: Index, settings: Settings, models: Models, adapted: bool = True
    ) -> None:
        self._folder = folder
        self._index = index
        self._settings = settings
        self._models = models
        self._adapters = adapters_stamp(folder)
        adapters = adapters_for(folder, index.spaces) if adapted else {}
        held = [Modality(name) for name in index.manifest.counts.get("modality", {})]
        self._preparer = Preparer(models.encoders, models.reader, settings.limits, adapters, held)
        self._fusion = fusion_for(folder, index.spaces, settings.ranking)
        self._answerer = Answerer(index, models.encoders, settings.answer)

    @classmethod
    def open(
        cls, folder: Path, settings: Settings, base: Engine | None = None, adapted: bool = True
    ) -> Self:
        """Open the live generation of an index, without its adapters unless `adapted`.

        With `base`, an open engine over an earlier generation, what did not change is shared
        and not loaded again: segments, encoders, the reader and the cache. Either may be
        closed before the other.
        Raises IndexNotFound, IndexDamaged, IndexMismatch or MissingModel.
        """
        shared = base._models if base and base._settings == settings else None
        index = Index.open(folder, base=base._index if base else None)
        try:
            _check_models(index, settings)
            return cls(
                folder, index, settings, Models(index.spaces, settings, shared, folder), adapted
            )
        except BaseException:
            index.close()
            raise

    @property
    def generation(self) -> int:
        return self._index.generation

    def search(self, query: Query) -> SearchResult:
        """Hits for a query. Raises BadQuery or BadImage."""
        return self._search(query).result

    def answer(self, query: Query) -> Answer:
        """An extractive answer with citations. Raises BadQuery or BadImage."""
        return self._answer(self._search(query))

    def trial(self, query: Query, answered: bool = False) -> Trial:
        """A search as it is measured, with the answer drawn from it if `answered`.

        Raises BadQuery or BadImage.
        """
        began = perf_counter()
        found = self._search(query)
        ms = 1000 * (perf_counter() - began)
        reranked = found.groups if self._models.reranker else None
        if not answered:
            return Trial(ms, found.fused, reranked)
        answer = self._answer(found)
        return Trial(ms, found.fused, reranked, answer, answer.confidence)

    def named(self, names: Iterable[str]) -> list[StoredChunk]:
        """The live chunks of these documents, assets or records, in reading order."""
        others = selected(self._index, self._index.select((), frozenset(names)))
        return self._index.get(sorted(set(self._index.ids()).difference(others)))

    def recalled(self, query: Query) -> Recalled:
        """What every lane found, before fusion. Raises BadQuery or BadImage."""
        return self._recall(query, Stopwatch())

    def candidates(self, query: Query) -> list[Group]:
        """All that was recalled, fused and grouped, best first, beyond the k of the query."""
        return self._search(query).groups

    def supported(self, query: Query) -> list[Supported]:
        """What an answer could quote, with its evidence, best ranked first."""
        found = self._search(query)
        words = set(tokens(found.prepared.words))
        shown = pictured(found.prepared)
        return self._answerer.rate(words, found.groups, found.lanes, shown)

    def warm_up(self) -> None:
        """Load what the first questions would wait for: the encoders and the Chinese dictionary.

        Nothing is left to do where all encoders came from another engine.
        """
        if self._models.fresh:
            self._preparer.warm_up()
            if self._models.reranker:
                self._models.reranker.warm_up()
            tokens("预热")

    def thumb(self, name: str) -> Path | None:
        return self._index.thumb(name)

    def info(self) -> Mapping[str, JsonValue]:
        """Facts of the open generation (see search/about.py)."""
        return describe(self._index)

    def changed(self) -> bool:
        """Whether the index has another live generation, or other adapters, than are in use."""
        return self._index.changed() or adapters_stamp(self._folder) != self._adapters

    def live(self) -> tuple[Current, Stamp] | None:
        """What is live in the folder now, None where that cannot be read."""
        try:
            return read_current(self._folder), adapters_stamp(self._folder)
        except TriptychError:
            return None

    def close(self) -> None:
        self._index.close()
        self._models.close()

    def _search(self, query: Query) -> _Found:
        """Once more with what was meant, where a word is mistyped and the meant one is found."""
        watch = Stopwatch()
        found = self._once(query, watch)
        shown = (chunk for one in found.groups[:_READ] for chunk in one.chunks[:_READ])
        meant = corrected(self._index.corrections(query.text), shown)
        if not meant:
            return found
        again = self._once(replace(query, text=rewritten(query.text, meant)), watch)
        result = replace(again.result, query=query.text, corrected=meant)
        return replace(again, result=result)

    def _once(self, query: Query, watch: Stopwatch) -> _Found:
        found = self._recall(query, watch)
        prepared, lanes = found.prepared, found.lanes
        fused = groups = group(lanes, found.chunks, query.collapse, self._fusion, found.signals)
        watch.lap("fuse")
        if found.regions:
            fused = groups = mark(groups, found.regions, found.chunks, query.collapse)
        if self._models.reranker:
            asked = Asked(query.text.strip(), prepared.words, self._index.thumb)
            groups = rerank(asked, groups, self._models.reranker, self._settings.rerank)
            groups = copies_first(groups)
            watch.lap("rerank")
        words = self._index.rarity(tokens(prepared.words))
        hits = tuple(
            _hit(rank, found, words) for rank, found in enumerate(groups[: query.k], start=1)
        )
        result = SearchResult(
            query=query.text,
            read=prepared.lines,
            took_ms={stage: round(ms, 2) for stage, ms in watch.took_ms.items()},
            hits=hits,
            lanes_off=prepared.off,
            generation=self._index.generation,
            cosines=self._has_cosines(prepared),
        )
        if not result.cosines:  # evidence is calibrated on those of a sentence encoder
            lanes.pop(TEXT, None)
        return _Found(result, prepared, fused, groups, lanes)

    def _has_cosines(self, prepared: Prepared) -> bool:
        return prepared.vector is not None and self._index.spaces[TEXT].encoder != LSA

    def _recall(self, query: Query, watch: Stopwatch) -> Recalled:
        query.check(self._settings.limits)
        filters = query.filters
        if query.collapse == "asset":
            filters = (*filters, Filter("modality", "=", "image"))
        selection = self._index.select(filters, query.exclude)
        watch.lap("filter")
        ranking = self._settings.ranking
        weights = ranking.weights(query.text.strip() != "", query.image is not None)
        prepared = self._preparer.prepare(query, watch, weights)
        lanes = recall(self._index, prepared, ranking, selection)
        watch.lap("recall")
        regions: dict[int, Region] = {}
        if prepared.image is not None and ranking.regions:
            regions = recognise(self._index, prepared.image, selection)
            watch.lap("recognise")
        found = [scored.id for ranked in lanes.values() for scored in ranked]
        ids = list(dict.fromkeys([*found, *regions]))
        chunks = dict(zip(ids, self._index.get(ids), strict=True))
        watch.lap("fetch")
        understood = prepared.fallback is None
        signals = signals_of(
            self._index, prepared.words, query.image is not None, understood, weights
        )
        return Recalled(prepared, lanes, chunks, signals, regions)

    def _answer(self, found: _Found) -> Answer:
        return self._answerer.answer(found.result, found.prepared, found.groups, found.lanes)


def _hit(rank: int, found: Group, words: Mapping[str, float]) -> Hit:
    best = found.chunks[0]
    shown = _shown(found)
    return Hit(
        rank=rank,
        chunk=best.id,
        document=best.document,
        title=best.title,
        kind=best.kind,
        modality=best.modality,
        place=best.place,
        text=best.text or best.context or "\n".join(line.text for line in best.lines),
        score=found.score,
        lanes=found.lanes,
        asset=shown.asset,
        thumb=shown.thumb,
        matched=matched_lines(shown.lines, words),
        language=best.language,
        product=best.product,
        date=best.date.isoformat() if best.date else "",
        metadata=best.metadata,
        region=found.region if shown.id == found.seen else None,
    )


def _shown(found: Group) -> StoredChunk:
    """The chunk whose image is shown: the query's; else the best if it has one, or best image."""
    best = found.chunks[0]
    if found.seen is not None:
        return next(chunk for chunk in found.chunks if chunk.id == found.seen)
    if best.thumb:
        return best
    return next((chunk for chunk in found.chunks if chunk.asset), best)


def _check_models(index: Index, settings: Settings) -> None:
    """A model that the settings name and the index was not made with is no silent matter."""
    for name in ("text", "clip"):
        wanted = getattr(settings.models, name)
        space = index.spaces.get(name)
        if name not in settings.models.model_fields_set or not wanted:
            continue
        made_with = space.model if space else "no model"
        if canonical(wanted)[1] != made_with:
            raise IndexMismatch(
                f"the index's {name} space was made with {made_with}, but the settings ask for "
                f"{wanted}; rebuild with: triptych index SOURCE --into DIR"
            )
