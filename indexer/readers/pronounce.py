"""How an English word is said that the pronouncing dictionary lacks, in ARPAbet phones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_RULES = """
^kn:N ^gn:N ^wr:R ^ps:S ^x:Z ^mc:M_AH_K ^y:Y
ssion:SH_AH_N sion:ZH_AH_N tion:SH_AH_N ture$:CH_ER cious:SH_AH_S cial:SH_AH_L tial:SH_AH_L
ought:AO_T aught:AO_T igh:AY eigh:EY augh:AE_F ough:AH_F
sch:S_K tch:CH dge:JH ch:CH ck:K sh:SH ph:F th:TH wh:W qu:K_W gh: ngle:NG_G_AH_L ng:NG nk:NG_K
ai:EY ay:EY au:AO aw:AO ea:IY ee:IY ei:IY eu:UW ew:UW ey$:IY ie$:AY ie:IY oa:OW oe:OW oi:OY
oy:OY oo:UW ou:AW ow$:OW ow:AW ue$:UW ui:UW
air:EH_R are$:EH_R ear:IH_R eer:IH_R ire$:AY_ER ore$:AO_R ure$:Y_UH_R
ar:AA_R er:ER ir:ER or:AO_R ur:ER
a(?=[^aeiouwxyr]e[sd]?$):EY e(?=[^aeiouwxyr]e[sd]?$):IY i(?=[^aeiouwxyr]e[sd]?$):AY
o(?=[^aeiouwxyr]e[sd]?$):OW u(?=[^aeiouwxyr]e[sd]?$):Y_UW
(?<=[^aeiouy])le$:AH_L (?<=[td])ed$:IH_D (?<=[pkfsx])ed$:T ed$:D
(?<=[szx])es$:IH_Z (?<=[cs]h)es$:IH_Z es$:Z (?<=[bdgvlmnraeiouwy])s$:Z (?<=[^aeiou])e$:
^(?:[^aeiou]{1,2})y$:AY y$:IY a$:AH i$:IY o$:OW u$:UW
bb:B cc(?=[eiy]):K_S cc:K dd:D ff:F gg:G ll:L mm:M nn:N pp:P rr:R ss:S tt:T zz:Z
c(?=[eiy]):S g(?=[eiy]):JH
a:AE b:B c:K d:D e:EH f:F g:G h:HH i:IH j:JH k:K l:L m:M n:N o:AA p:P q:K r:R s:S t:T u:AH
v:V w:W x:K_S y:IH z:Z
"""
"""LETTERS:PHONES, the first that fits where the word has been read to. A small choice of what
letters mostly say, in the manner of Elovitz et al., "Letter-to-Sound Rules for Automatic
Translation of English Text to Phonetics" (IEEE ASSP 24(6), 1976)."""

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_TEENS = "fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"

_RUNS = re.compile(r"[a-z']+|\d+")
_VOWEL = re.compile(r"[aeiouy]")
_SPELT = 3
"""Unknown words of up to so many letters, beside digits or by themselves, are spelt."""

_PART = 4
"""Letters that each half of a compound has at least."""


class Pronouncer:
    """Says words by the dictionary `known` (word → phones, space between them), by its halves,
    by its letters or by rules. Digits are said as numbers, codes part by part."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        parts = (rule.rpartition(":") for rule in _RULES.split())
        self._rules = [(re.compile(letters), said.replace("_", " ")) for letters, _, said in parts]

    def __call__(self, word: str) -> str:
        """A word or code in lower case → its phones; "" where nothing of it can be said."""
        if word in self._known:
            return self._known[word]
        runs = _RUNS.findall(word)
        said = (self._digits(run) if run[0].isdigit() else self._letters(run) for run in runs)
        return " ".join(filter(None, said))

    def _letters(self, run: str) -> str:
        if run in self._known:
            return self._known[run]
        if len(run) <= _SPELT or not _VOWEL.search(run):
            return self._all(f"{letter}." for letter in run if letter != "'")
        if run.endswith("'s"):
            return f"{self._letters(run[:-2])} Z"
        for cut in sorted(
            range(_PART, len(run) - _PART + 1), key=lambda at: abs(2 * at - len(run))
        ):
            if run[:cut] in self._known and run[cut:] in self._known:
                return self._all((run[:cut], run[cut:]))
        return self._ruled(run.replace("'", ""))

    def _ruled(self, run: str) -> str:
        said, place = [], 0
        while place < len(run):
            for pattern, phones in self._rules:
                if fits := pattern.match(run, place):
                    said.append(phones)
                    place = fits.end()
                    break
            else:
                place += 1
        return " ".join(filter(None, said))

    def _digits(self, run: str) -> str:
        return self._all(number_words(run))

    def _all(self, words: Iterable[str]) -> str:
        return " ".join(self._known[word] for word in words if word in self._known)


def number_words(digits: str) -> list[str]:
    """How a number is mostly said: "40" forty, "300" three hundred, "2026" twenty twenty six,
    longer ones and those that begin with 0 digit by digit."""
    ones, tens = f"{_ONES} {_TEENS}".split(), _TENS.split()
    number = int(digits)
    if digits[0] == "0" or len(digits) > 4:
        return [ones[int(digit)] for digit in digits]
    if number < 20:
        return [ones[number]]
    if number < 100:
        return [tens[number // 10 - 2], *([ones[number % 10]] if number % 10 else [])]
    if number % 1000 == 0:
        return [ones[number // 1000], "thousand"]
    rest = digits[-2:]
    head = number_words(digits[:-2])
    if rest == "00":
        return [*head, "hundred"]
    return [*head, *(["oh", ones[int(rest[1])]] if rest[0] == "0" else number_words(rest))]
