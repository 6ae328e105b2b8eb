"""How well is a spoken question understood, and what does it find beside the same one typed?

Each English question of a file is spoken by eSpeak NG, voices, paces and lines (clear, noisy,
telephone) in turn, unless its line names a recording as `voice`. Word errors of PocketSphinx's
own language model and of that of the index, and recall by what each heard, by all readings of
the second together, and by the words typed.

    python -m benchmarks.speech INDEX QUESTIONS.jsonl [--count N] [--skip N]
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
import pocketsphinx

from indexer.cache import Cache
from indexer.config import load_settings
from indexer.readers.sphinx import prepared_samples
from indexer.sound import Sound, decode_sound
from indexer.store.index import Index
from search.engine import Engine
from search.listen import Listener
from search.query import Query
from search.synthesize.speaker import Speaker
from search.synthesize.spoken import LINES, PACES, VOICES, wav_of

CUTS = (1, 5, 10)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("’", "'"))


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein's distance in words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, start=1):
        last, row[0] = row[0], i
        for j, other in enumerate(heard, start=1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1]


def stock_words(decoder: pocketsphinx.Decoder, sound: Sound) -> str:
    """What the model that comes with PocketSphinx hears, the recording prepared alike."""
    samples = prepared_samples(sound)
    if samples is None:
        return ""
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()
    best = decoder.hyp()
    return str(best.hypstr) if best else ""


def recordings(questions: Sequence[dict[str, object]], folder: Path) -> list[bytes]:
    """Each question's own recording, else one of a synthesiser."""
    speaker = Speaker()
    manners = zip(cycle(VOICES), cycle(PACES), cycle((*LINES, *LINES[1:])), strict=False)
    made = []
    for number, (question, manner) in enumerate(zip(questions, manners, strict=False)):
        if voice := question.get("voice"):
            made.append((folder / str(voice)).read_bytes())
            continue
        voice_name, pace, line = manner
        samples = speaker.speak(str(question["text"]), voice_name, pace)
        noise = np.random.default_rng(number)
        made.append(wav_of(line(samples, speaker.rate, noise), speaker.rate))
    return made


def rank_of(engine: Engine, query: Query, relevant: Sequence[str]) -> float:
    """The rank of the first right document; infinite where it is not among the hits."""
    if not query.text.strip() and query.voice is None:
        return np.inf
    right = [
        hit.rank
        for hit in engine.search(query).hits
        if {hit.document, hit.document.rpartition("#")[2]} & set(relevant)
    ]
    return min(right, default=np.inf)


def heard_words(listener: Listener, voice: bytes) -> str:
    """What is heard with the words of the index, "" where nothing is."""
    readings = listener.listen(Query("-", voice=voice))
    return readings[0].text if readings else ""


def ask(index: Path, questions: Sequence[dict[str, object]], folder: Path) -> None:
    """Print the figures of an index and its spoken questions."""
    settings = load_settings()
    k = max(CUTS)
    errors = {"stock": 0, "index": 0}
    ranks: dict[str, list[float]] = {}
    stock = pocketsphinx.Decoder()
    engine, cache, said = Engine.open(index, settings), Cache(settings.cache), 0
    with Index.open(index) as opened:
        listener = Listener(opened, settings, cache)
        for question, voice in zip(questions, recordings(questions, folder), strict=True):
            text, relevant = str(question["text"]), _names(question)
            heard = {
                "stock": stock_words(stock, decode_sound(voice, settings.limits)),
                "index": heard_words(listener, voice),
            }
            said += len(words_of(text))
            for model, words in heard.items():
                errors[model] += word_errors(words_of(text), words_of(words))
            if not relevant:
                continue
            asked = {name: Query(words, k=k) for name, words in heard.items()}
            if heard["index"]:
                asked["index, all readings"] = Query(voice=voice, k=k)
            asked["typed"] = Query(text, k=k)
            for name in ("stock", "index", "index, all readings", "typed"):
                rank = rank_of(engine, asked.get(name, Query()), relevant)
                ranks.setdefault(name, []).append(rank)
    print(f"{len(questions)} questions, {said} words")
    for model, count in errors.items():
        print(f"word errors, {model}: {count / said:.3f}")
    for name, found in ranks.items():
        recall = " / ".join(f"{np.mean(np.array(found) <= cut):.3f}" for cut in CUTS)
        print(f"recall@1 / @5 / @10, {name} ({len(found)}): {recall}")
    engine.close()
    cache.close()


def _names(question: dict[str, object]) -> list[str]:
    relevant = question.get("relevant")
    return [str(name) for name in relevant] if isinstance(relevant, list) else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--skip", type=int, default=0)
    given = parser.parse_args()
    pocketsphinx.set_loglevel("FATAL")
    lines = given.questions.read_text("utf-8").splitlines()
    asked = [question for line in lines if (question := json.loads(line)).get("text")]
    english = [question for question in asked if str(question["text"]).isascii()]
    chosen = english[given.skip : given.skip + given.count]
    ask(given.index, chosen, given.questions.parent)


if __name__ == "__main__":
    main()
