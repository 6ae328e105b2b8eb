"""The only file that knows the order of steps from a question to hits and an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Self

from pydantic import JsonValue

from indexer.adapter import Stamp, adapters_for, adapters_stamp
from indexer.config import Settings
from indexer.encoders.lsa import LSA
from indexer.errors import TriptychError
from indexer.lanes import FEATURES, TEXT
from indexer.records import Filter, Modality, StoredChunk
from indexer.store.analysis import tokens
from indexer.store.index import Index
from indexer.store.manifest import Current, read_current
from search.about import describe
from search.answer import Answerer
from search.correct import corrected, rewritten
from search.found import Found, Fused, Scene
from search.fusion.confidence import signals_of
from search.fusion.learnt import fusion_for
from search.fusion.methods import Convex
from search.hits import hits_of
from search.listen import Listener, spoken
from search.models import Models, check_models
from search.prepare import Prepared, Preparer, Stopwatch
from search.product import unnamed
from search.query import Query
from search.recall import Group, Recalled, group, recall
from search.recognise import Recognised, copies_first, mark, recognise
from search.rerank.base import Asked
from search.rerank.order import rerank
from search.results import Answer, SearchResult
from search.selections import Selections
from search.supported import Supported, beside
from search.tickets import selected
from search.trial import Trial
from search.tuned import tuned_for

_READ = 5
"""Groups, and chunks of each, in which a word that was meant is looked for."""

_HAN = frozenset({"zh", "ja"})
"""Languages, by ISO 639-1, whose words the Chinese dictionary finds."""


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
        self._selections = Selections(index)
        self._listener = Listener(index, settings, models.cache)
        comparable = isinstance(self._fusion, Convex)
        tuned = tuned_for(folder, index.spaces) if adapted else None
        self._answerer = Answerer(index, models.encoders, settings.answer, comparable, tuned)

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
            check_models(index.spaces, settings)
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
        """Hits for a query. Raises BadQuery, BadImage or BadSound."""
        return self._search(query).result

    def answer(self, query: Query) -> Answer:
        """An extractive answer with citations. Raises BadQuery, BadImage or BadSound."""
        return self._answer(self._search(query), query)

    def trial(self, query: Query, answered: bool = False) -> Trial:
        """A search as it is measured, with the answer drawn from it if `answered`.

        Raises BadQuery, BadImage or BadSound.
        """
        began = perf_counter()
        found = self._search(query)
        ms = 1000 * (perf_counter() - began)
        reranked = found.groups if self._models.reranker else None
        if not answered:
            return Trial(ms, found.fused, reranked)
        answer = self._answer(found, query)
        return Trial(ms, found.fused, reranked, answer, answer.confidence)

    def named(self, names: Iterable[str]) -> list[StoredChunk]:
        """The live chunks of these documents, assets or records, in reading order."""
        others = selected(self._index, self._index.select((), frozenset(names)))
        return self._index.get(sorted(set(self._index.ids()).difference(others)))

    def recalled(self, query: Query) -> Recalled:
        """What every lane found, before fusion. Raises BadQuery, BadImage or BadSound."""
        watch = Stopwatch()
        scene = self._scene(query, watch)
        return self._recall(scene.query, scene, watch)

    def candidates(self, query: Query) -> list[Group]:
        """All that was recalled, fused and grouped, best first, beyond the k of the query."""
        return self._search(query).groups

    def supported(self, query: Query) -> list[Supported]:
        """What an answer could quote, with its evidence, best ranked first."""
        return self._rated(self._search(query), query)

    def warm_up(self) -> None:
        """Load what the first questions would wait for: the encoders, and the Chinese dictionary
        where the index has Chinese, which takes twice as long.

        Nothing is left to do where all encoders came from another engine.
        """
        if self._models.fresh:
            self._preparer.warm_up()
            if self._models.reranker:
                self._models.reranker.warm_up()
            if not _HAN.isdisjoint(self._index.manifest.counts.get("language", {})):
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

    def _search(self, query: Query) -> Found:
        """Once more with what was meant, where a word is mistyped and the meant one is found."""
        watch = Stopwatch()
        scene = self._scene(query, watch)
        found = self._once(scene.query, scene, watch)
        shown = (chunk for one in found.groups[:_READ] for chunk in one.chunks[:_READ])
        meant = corrected(self._index.corrections(query.text), shown)
        watch.lap("correct")
        if meant:
            again = replace(scene.query, text=rewritten(scene.query.text, meant))
            found = self._once(again, scene, watch)
        return self._told(found, query, scene, meant, watch)

    def _scene(self, query: Query, watch: Stopwatch) -> Scene:
        query.check(self._settings.limits)
        heard = self._listener.listen(query)
        if query.voice is not None:
            watch.lap("listen")
        query = spoken(query, heard)
        filters = query.filters
        if query.collapse == "asset":
            filters = (*filters, Filter("modality", "=", "image"))
        selection = self._selections.select(filters, query.exclude)
        watch.lap("filter")
        ranking = self._settings.ranking
        weights = ranking.weights(query.text.strip() != "", query.image is not None)
        looked = self._preparer.look(query, watch, weights)
        recognised = Recognised()
        if looked.image is not None and ranking.regions:
            recognised = recognise(self._index, looked.image, selection, looked.lines)
            watch.lap("recognise")
        return Scene(query, heard, selection, weights, looked, recognised)

    def _recall(self, query: Query, scene: Scene, watch: Stopwatch) -> Recalled:
        weights, regions = scene.weights, scene.recognised.regions
        prepared = self._preparer.prepare(query, scene.looked, weights, scene.heard)
        watch.lap("encode")
        alike = scene.recognised.alike if weights[FEATURES] else ()
        lanes = recall(self._index, prepared, self._settings.ranking, scene.selection, alike)
        watch.lap("recall")
        found = [scored.id for ranked in lanes.values() for scored in ranked]
        ids = list(dict.fromkeys([*found, *regions]))
        chunks = dict(zip(ids, self._index.get(ids), strict=True))
        watch.lap("fetch")
        understood = prepared.fallback is None
        signals = signals_of(
            self._index, prepared.words, query.image is not None, understood, weights
        )
        return Recalled(prepared, lanes, chunks, signals, regions)

    def _once(self, query: Query, scene: Scene, watch: Stopwatch) -> Fused:
        found = self._recall(query, scene, watch)
        fused = groups = group(
            found.lanes, found.chunks, query.collapse, self._fusion, found.signals
        )
        if found.regions:
            fused = groups = mark(groups, found.regions, found.chunks, query.collapse)
        watch.lap("fuse")
        if self._models.reranker:
            asked = Asked(query.text.strip(), found.prepared.words, self._index.thumb)
            groups = rerank(asked, groups, self._models.reranker, self._settings.rerank)
            groups = copies_first(groups)
            watch.lap("rerank")
        return Fused(found.prepared, fused, groups, found.lanes)

    def _told(
        self, found: Fused, query: Query, scene: Scene, meant: Mapping[str, str], watch: Stopwatch
    ) -> Found:
        prepared, lanes = found.prepared, dict(found.lanes)
        hits = hits_of(found.groups[: query.k], self._index.rarity(tokens(prepared.words)))
        watch.lap("hits")
        result = SearchResult(
            query=query.text,
            read=prepared.lines,
            took_ms={stage: round(ms, 2) for stage, ms in watch.took_ms.items()},
            hits=hits,
            lanes_off=prepared.off,
            generation=self._index.generation,
            cosines=self._has_cosines(prepared),
            corrected=meant,
            heard=scene.heard[0].text if scene.heard else "",
        )
        if not result.cosines:  # evidence is calibrated on those of a sentence encoder
            lanes.pop(TEXT, None)
        return Found(prepared, found.fused, found.groups, lanes, result)

    def _has_cosines(self, prepared: Prepared) -> bool:
        return prepared.vector is not None and self._index.spaces[TEXT].encoder != LSA

    def _answer(self, found: Found, query: Query) -> Answer:
        return self._answerer.answer(found.result, found.prepared, self._rated(found, query))

    def _rated(self, found: Found, query: Query) -> list[Supported]:
        """What may be quoted; where words alone name a product, asked once more without it."""
        rated, typed = self._rate(found), found.prepared.typed
        plain = unnamed(typed, [one.said.product for one in rated])
        if query.image is not None or plain == " ".join(typed.split()) or not tokens(plain):
            return rated
        asked = replace(query, text=plain, voice=None)
        return beside(rated, self._rate(self._search(asked)))

    def _rate(self, found: Found) -> list[Supported]:
        return self._answerer.rate(found.prepared, found.groups, found.lanes)
