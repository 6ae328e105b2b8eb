// The blocks of an answer as nodes: paragraphs, steps, tables and notes. Text only.

import { el } from "./dom.js";
import { t } from "./words.js";

// `cite` makes the node of a citation's number.
export function blocksView(blocks, cite) {
  return blocks.map((block) => VIEWS[block.kind]?.(block, cite) ?? null);
}

const FIT = 3; // columns beside each other on a phone

const VIEWS = { paragraph, steps, table, note };

function paragraph(block, cite) {
  const nodes = [];
  block.sentences.forEach((sentence, i) => {
    nodes.push(sentence.text);
    const next = block.sentences[i + 1];
    const same = next && String(next.citations) === String(sentence.citations);
    if (!same) nodes.push(...marks(sentence.citations, cite));
    if (next && !/[。！？：]$/.test(sentence.text)) nodes.push(" ");
  });
  return el("p", { class: "said" }, nodes);
}

function steps(block, cite) {
  const first = Number.parseInt(block.sentences[0].number, 10);
  const counted = Number.isFinite(first) &&
    block.sentences.every((step, i) => Number.parseInt(step.number, 10) === first + i);
  const items = block.sentences.map((step, i) => el("li", {},
    counted || !step.number ? step.text : `${step.number} ${step.text}`,
    i === block.sentences.length - 1 && !block.more ? marks(block.citations, cite) : null));
  const list = counted
    ? el("ol", { class: "said", start: first }, items)
    : el("ul", { class: block.sentences.some((step) => step.number) ? "said plain" : "said" }, items);
  return [list, block.more ? more(t("moreSteps", block.more), block, cite) : null];
}

function table(block, cite) {
  const named = block.header.some((name) => name);
  const head = named
    ? el("thead", {}, el("tr", {}, block.header.map((name) => el("th", { scope: "col" }, name))))
    : null;
  const body = el("tbody", {}, block.rows.map((row) => el("tr", {},
    row.map((cell, i) => el("td", { "data-name": block.header[i] || undefined }, cell)))));
  const wide = block.rows.some((row) => row.length > FIT);
  return [
    el("div", { class: wide ? "tabled wide" : "tabled", tabindex: "0" }, el("table", {}, head, body)),
    more(block.more ? t("moreRows", block.more) : "", block, cite),
  ];
}

function note(block, cite) {
  const parts = block.sentences[0].text.split(/(\[\d+\])/).map((part) => {
    const number = Number(/^\[(\d+)\]$/.exec(part)?.[1]);
    return (number && cite(number)) || part;
  });
  return el("p", { class: "note", role: "note" }, parts);
}

function more(words, block, cite) {
  return el("p", { class: "more" }, words, marks(block.citations, cite));
}

// The space before a number does not break, so that no number stands alone on a line.
function marks(numbers, cite) {
  return numbers.flatMap((number, i) => [i ? "" : "\u00a0", cite(number) ?? `[${number}]`]);
}
