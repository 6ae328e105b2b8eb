// From a JSON answer to the nodes that show it.

import { bestStart, clock, el, marked, picture, terms } from "./dom.js";
import { blocksView } from "./blocks.js";
import { number, t } from "./words.js";

const CLAMP = 320; // characters above which a passage starts folded
const LINES = 5; // and lines: text read in an image has a line for every label

// `open(hit)` shows a hit's image larger, `edit(words)` takes up what was heard.
export function answerView(answer, open, edit) {
  const cited = new Map(answer.citations.map((citation) => [citation.number, citation]));
  const wanted = wantedTerms(answer.search);
  return el("div", { class: "outcome" },
    answer.search.heard ? heardLine(answer.search.heard, edit) : null,
    answer.search.read.length ? readLine(answer.search.read) : null,
    correctedLine(answer.search.corrected),
    answer.found ? found(answer, cited) : notFound(answer.search.hits.length),
    el("ol", { class: "hits" }, answer.search.hits.map((hit) => hitView(hit, answer, wanted, open))),
    footer(answer.search),
  );
}

// Without typed words, the words that matched in the image are what is worth marking.
function wantedTerms(search) {
  const meant = Object.values(search.corrected ?? {}).join(" ");
  const asked = `${search.query} ${search.heard ?? ""}`.trim();
  return terms(asked ? `${asked} ${meant}` : search.hits.flatMap((hit) => hit.matched.map((line) => line.text)).join(" "));
}

function found(answer, cited) {
  const copy = el("button", { type: "button", class: "quiet copy" }, t("copy"));
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(plain(answer));
    copy.textContent = t("copied");
    setTimeout(() => (copy.textContent = t("copy")), 1600);
  });
  return el("section", { class: "answer", "aria-label": t("answer") },
    el("div", { class: "eyebrow" },
      el("h2", {}, t("answer")), el("span", { class: "sure" }, t("sure", percent(answer))), copy),
    answer.blocks?.length
      ? blocksView(answer.blocks, (n) => cited.has(n) ? citeButton(cited.get(n)) : null).flat()
      : el("p", { class: "said" }, withCitations(answer.answer, cited)),
    el("ul", { class: "sources", "aria-label": t("sources") }, answer.citations.map(sourceView)),
  );
}

function notFound(hits) {
  if (!hits) return null;
  return el("section", { class: "answer unsure" },
    el("h2", {}, t("notFound")),
    el("p", {}, t("notFoundMore")),
  );
}

function heardLine(heard, edit) {
  return el("p", { class: "heard" }, el("span", {}, t("heard")), el("q", {}, heard),
    el("button", { type: "button", class: "quiet", onclick: () => edit(heard) }, t("edit")));
}

function correctedLine(corrected) {
  const words = Object.entries(corrected ?? {}).map(([typed, meant]) => t("instead", meant, typed));
  return words.length ? el("p", { class: "corrected" }, t("corrected", words.join(t("comma")))) : null;
}

// nothing that is estimated is certain
const percent = (answer) => Math.min(99, Math.round(100 * (answer.confidence ?? 0)));

function withCitations(text, cited) {
  return text.split(/(\[\d+\])/).map((part) => {
    const citation = cited.get(Number(/^\[(\d+)\]$/.exec(part)?.[1]));
    // The space before a number does not break, so that no number stands alone on a line.
    return citation ? citeButton(citation) : document.createTextNode(part.replace(/ $/, "\u00a0"));
  });
}

function citeButton(citation) {
  return el("button", {
    type: "button", class: "cite", "data-cite": citation.number,
    "aria-label": t("goTo", citation.number, citation.title), title: citation.title,
    onclick: () => goTo(citation),
  }, String(citation.number));
}

// Scroll to the hit a citation stands for; where the hits do not hold it, to the source itself.
function goTo(citation) {
  const target = [...document.querySelectorAll(".hit")].find((hit) => hit.dataset.document === citation.document)
    ?? document.querySelector(`[data-source="${citation.number}"]`);
  if (!target) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "center" });
  target.focus({ preventScroll: true });
  target.classList.remove("lit");
  void target.offsetWidth; // restarts the animation when the same citation is followed twice
  target.classList.add("lit");
}

function sourceView(citation) {
  const where = trailWords(citation).join(" › ");
  return el("li", { "data-source": citation.number, tabindex: "-1" },
    citeButton(citation),
    el("span", { class: "source" }, el("b", {}, citation.title), where ? el("span", {}, where) : null),
  );
}

function plain(answer) {
  const sources = answer.citations.map((c) => `[${c.number}] ${[c.title, ...trailWords(c)].join(" › ")} (${c.document})`);
  return `${answer.answer}\n\n${sources.join("\n")}`;
}

// Where in its document a passage lies: headings below the title, page, second.
export function trailWords({ title, place }) {
  const words = place.heading.filter((heading) => heading !== title);
  if (place.page !== null) words.push(t("page", place.page));
  if (place.start !== null) words.push(clock(place.start));
  return words;
}

function hitView(hit, answer, wanted, open) {
  const numbers = answer.found
    ? answer.citations.filter((c) => c.document === hit.document).map((c) => c.number)
    : [];
  return el("li", { class: hit.thumb ? "hit" : "hit bare", "data-document": hit.document, tabindex: "-1" },
    hit.thumb ? thumbView(hit, open) : null,
    el("div", { class: "words" },
      el("div", { class: "facts" },
        el("span", { class: `kind ${hit.kind}` }, t("kinds")[hit.kind] ?? hit.kind),
        hit.product ? el("span", {}, hit.product) : null,
        hit.date ? el("time", { datetime: hit.date }, hit.date) : null,
        numbers.map((n) => el("span", { class: "cite still", title: t("cited", n) }, String(n))),
      ),
      el("h3", {}, hit.title),
      trail(hit),
      passage(hit.text, wanted),
      el("div", { class: "lanes", "aria-label": t("lanes") }, Object.entries(hit.lanes).map(laneView)),
      el("code", { class: "path" }, hit.document),
    ),
  );
}

function trail(hit) {
  const words = trailWords(hit);
  return words.length ? el("p", { class: "trail" }, words.map((word) => el("span", {}, word))) : null;
}

function thumbView(hit, open) {
  return el("button", { type: "button", class: "thumb", "aria-label": t("enlarge", hit.title), onclick: () => open(hit) },
    picture(hit, ""));
}

// A long passage starts folded, at the sentence from where most words of the question follow.
function passage(given, wanted) {
  if (!given) return null;
  const text = given.replace(/\n{2,}/g, "\n");
  if (text.length <= CLAMP && text.split("\n").length <= LINES) return el("p", { class: "passage" }, marked(text, wanted));
  const start = bestStart(text, wanted, CLAMP);
  const body = el("p", { class: "passage" });
  const more = el("button", { type: "button", class: "quiet more" });
  const fold = (folded) => {
    body.classList.toggle("folded", folded);
    body.replaceChildren(...(folded && start ? ["… "] : []), ...marked(folded ? text.slice(start) : text, wanted));
    more.setAttribute("aria-expanded", String(!folded));
    more.textContent = t(folded ? "whole" : "less");
  };
  more.addEventListener("click", () => fold(!body.classList.contains("folded")));
  fold(true);
  return el("div", {}, body, more);
}

function laneView([lane, { rank, score }]) {
  return el("span", { class: "lane", title: t("lane", lane, rank, score.toFixed(3)) }, `${lane} #${rank}`);
}

function readLine(lines) {
  return el("details", { class: "read" },
    el("summary", {}, t("read", lines.length), el("span", {}, lines.map((line) => line.text).join(" · "))),
    el("ul", {}, lines.map((line) => el("li", {}, line.text))),
  );
}

function footer(search) {
  const stages = Object.entries(search.took_ms).filter(([stage]) => stage !== "total");
  const total = search.took_ms.total ?? stages.reduce((sum, [, ms]) => sum + ms, 0);
  const off = Object.entries(search.lanes_off).map(([lane, reason]) => el("p", {}, t("laneOff", lane, reason)));
  return el("footer", { class: "timing" },
    el("p", {}, el("b", {}, t("took", search.hits.length, number(Math.round(total)))),
      stages.filter(([, ms]) => ms >= 0.05).map(([stage, ms]) => el("span", {}, `${stage} ${ms < 10 ? ms.toFixed(1) : number(Math.round(ms))}`))),
    off,
  );
}

export function emptyView(filtered, clear) {
  return el("section", { class: "empty" },
    el("h2", {}, t("empty")),
    el("p", {}, t(filtered ? "emptyFilters" : "emptyMore")),
    filtered ? el("button", { type: "button", class: "tool", onclick: clear }, t("clearFilters")) : null,
  );
}

export function problemView(title, detail, retry) {
  return el("section", { class: "problem", role: "alert" },
    el("h2", {}, title),
    el("p", {}, detail),
    retry ? el("button", { type: "button", class: "tool", onclick: retry }, t("retry")) : null,
  );
}

export function skeleton(doing) {
  const bar = (width) => el("i", { class: `bar ${width}` });
  return el("div", { class: "outcome skeleton", "aria-hidden": "true" },
    el("section", { class: "answer" }, el("p", { class: "wait" }, doing),
      bar("w90"), bar("w100"), bar("w60")),
    el("ol", { class: "hits" }, [0, 1, 2].map(() => el("li", { class: "hit" },
      el("span", { class: "thumb" }), el("div", { class: "words" }, bar("w20"), bar("w60"), bar("w100"), bar("w90"))))),
  );
}
