// The page: its state, what changes it, and the one request it makes.

import { el, picture } from "./dom.js";
import { clear, connect, drop, given, labelPlay, labelSpeak } from "./given.js";
import { answerView, emptyView, problemView, skeleton, trailWords } from "./view.js";
import { number, otherLanguage, t, translate } from "./words.js";

const $ = (id) => document.getElementById(id);
const FEW = 7; // facets shown before the rest is folded away

const state = { filters: [], info: null, shown: null, running: null, unfolded: false };

// ── the question ────────────────────────────────────────────────────────────────────────────

const grow = () => {
  $("text").style.height = "auto";
  $("text").style.height = `${$("text").scrollHeight}px`;
};
$("text").addEventListener("input", grow);
$("text").addEventListener("keydown", (event) => {
  // Enter that ends the composition of a Chinese word is not yet the question.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  $("ask").requestSubmit();
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || $("lightbox").open) return;
  event.preventDefault();
  $("text").focus();
  $("text").select();
});
$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  ask(true);
});

async function ask(remember) {
  const text = $("text").value.trim();
  if (!text && !given.image && !given.voice) {
    $("status").textContent = t("askFirst");
    $("text").focus();
    return;
  }
  if (remember) pushAddress(text);
  state.running?.abort();
  const running = (state.running = new AbortController());
  state.shown = null;
  const doing = t(given.voice ? "listening" : given.image ? "reading" : "searching");
  show(skeleton(doing), true);
  $("status").textContent = doing;
  try {
    const answer = await request(text, running.signal);
    state.shown = { answer };
  } catch (error) {
    if (running.signal.aborted) return;
    state.shown = { error };
  }
  if (!running.signal.aborted) render();
}

async function request(text, signal) {
  const form = new FormData();
  if (text) form.append("text", text);
  for (const part of ["image", "voice"]) {
    if (given[part]) form.append(part, given[part], given[part].name || part);
  }
  for (const filter of state.filters) form.append("filter", filter);
  let response;
  try {
    response = await fetch("/v1/answer", { method: "POST", body: form, signal });
  } catch (cause) {
    throw Object.assign(new Error(t("unreachable")), { cause });
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.detail ?? `${response.status} ${response.statusText}`);
  return body;
}

function render() {
  if (!state.shown) return;
  const { answer, error } = state.shown;
  if (error) {
    $("status").textContent = "";
    show(problemView(t("problem"), error.message, () => ask(false)));
    return;
  }
  const count = answer.search.hits.length;
  $("status").textContent = answer.found ? `${t("answer")}: ${answer.answer} ${t("results", count)}` : t("results", count);
  show(answerView(answer, openLightbox, editHeard));
  if (!count) $("results").firstChild.prepend(emptyView(state.filters.length > 0, () => setFilters([])));
}

// What was heard becomes typed words, to be put right and asked again.
function editHeard(heard) {
  $("text").value = [$("text").value.trim(), heard].filter(Boolean).join("\n");
  drop("voice");
  grow();
  $("text").focus();
}

function show(view, busy = false) {
  document.body.classList.remove("start");
  $("results").setAttribute("aria-busy", String(busy));
  $("results").replaceChildren(view);
}

// ── the address: the question and its filters can be shared and reloaded ────────────────────

function pushAddress(text) {
  const address = new URLSearchParams();
  if (text) address.set("q", text);
  for (const filter of state.filters) address.append("filter", filter);
  const target = address.size ? `?${address}` : location.pathname;
  if (target !== location.search) history.pushState(null, "", target);
  document.title = text ? `${text.slice(0, 80)} · Triptych` : "Triptych";
}

function readAddress() {
  const address = new URLSearchParams(location.search);
  $("text").value = address.get("q") ?? "";
  state.filters = address.getAll("filter");
  grow();
  renderFacets();
  if ($("text").value.trim()) ask(false);
  else reset();
}

function reset() {
  state.running?.abort();
  state.shown = null;
  document.title = "Triptych";
  document.body.classList.add("start");
  $("results").replaceChildren();
  $("status").textContent = "";
}

window.addEventListener("popstate", readAddress);
$("home").addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  history.pushState(null, "", "/");
  clear();
  readAddress();
  $("text").focus();
});

// ── filters ─────────────────────────────────────────────────────────────────────────────────

function setFilters(filters) {
  state.filters = filters;
  renderFacets();
  if ($("text").value.trim() || given.image || given.voice) ask(true);
}

const facets = () => ["kind", "product"].flatMap((key) =>
  Object.entries(state.info?.counts?.[key] ?? {})
    .filter(([value]) => value)
    .sort(([, a], [, b]) => b - a)
    .map(([value, count]) => ({ filter: `${key}=${value}`, label: key === "kind" ? (t("manyKinds")[value] ?? value) : value, count })));

function renderFacets() {
  const known = facets();
  const active = state.filters.map((filter) => known.find((facet) => facet.filter === filter) ?? { filter, label: filter });
  const rest = known.filter((facet) => !state.filters.includes(facet.filter));
  const visible = state.unfolded ? rest : rest.slice(0, FEW);
  const hidden = rest.length - visible.length;
  $("facets").replaceChildren(
    ...active.map((facet) => chip(facet, true)),
    ...(known.length > 1 ? grouped(visible).map((facet) => (facet ? chip(facet, false) : el("span", { class: "rule" }))) : []),
    ...(hidden > 0 ? [el("button", { type: "button", class: "quiet", onclick: unfold }, t("more", hidden))] : []),
  );
}

// A rule between the kinds and the products.
const grouped = (list) => list.flatMap((facet, i) =>
  (i && facet.filter.split("=")[0] !== list[i - 1].filter.split("=")[0] ? [null, facet] : [facet]));

function unfold() {
  state.unfolded = true;
  renderFacets();
}

function chip({ filter, label, count }, on) {
  const next = on ? state.filters.filter((one) => one !== filter) : [...state.filters, filter];
  return el("button", {
    type: "button", class: on ? "chip on" : "chip", "aria-pressed": String(on), "data-filter": filter,
    "aria-label": on ? t("removeFilter", label) : undefined,
    onclick: () => {
      setFilters(next);
      document.querySelector(`[data-filter="${CSS.escape(filter)}"]`)?.focus();
    },
  }, label, on ? el("span", { class: "x", "aria-hidden": "true" }, "×") : el("small", {}, number(count)));
}

// ── the larger preview ──────────────────────────────────────────────────────────────────────

function openLightbox(hit) {
  $("frame").replaceChildren(picture(hit, hit.title));
  $("lighttitle").textContent = hit.title;
  $("lightplace").textContent = [...trailWords(hit), hit.asset ?? hit.document].join(" › ");
  $("lightlines").replaceChildren(...hit.matched.map((line) => el("li", {}, line.text)));
  $("lightlines").setAttribute("aria-label", t("matched"));
  $("lightbox").showModal();
}
$("lightbox").addEventListener("click", (event) => {
  if (event.target === $("lightbox") || event.target === $("frame")) $("lightbox").close();
});

// ── start ───────────────────────────────────────────────────────────────────────────────────

function renderWords() {
  translate();
  $("language").textContent = t("other");
  $("language").setAttribute("aria-label", t("otherLabel"));
  labelPlay();
  labelSpeak();
  $("language").lang = t("other") === "English" ? "en" : "zh-CN";
  renderInfo();
}

function renderInfo() {
  const counts = state.info?.counts;
  $("index").textContent = counts ? t("index", number(counts.documents), state.info.generation) : "";
  renderFacets();
}

$("language").addEventListener("click", () => {
  otherLanguage();
  renderWords();
  render();
});

async function loadInfo() {
  try {
    const response = await fetch("/v1/info");
    if (response.ok) state.info = await response.json();
    else $("index").textContent = t("noIndex");
  } catch {
    $("index").textContent = t("noIndex");
    return;
  }
  if (state.info) renderInfo();
}

connect({ refuse: (words) => show(problemView(t("problem"), words, null)), ask: () => ask(true) });
renderWords();
readAddress();
loadInfo();
if (!location.search) $("text").focus();
