// Small builders. Everything that comes from the server enters the page as text, never as markup.

import { t } from "./words.js";

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const MANY = 6; // boxes above which a small preview shows them as tints, without outlines

const STOP = new Set(
  ("a an and are as at be by can do does for from how i if in is it its me my no not of on or so that the " +
    "there this to was what when where which why will with you your").split(" "),
);
const WHOLE = "(?![\\p{L}\\p{N}])"; // else the Wi of Wi-Fi marks with and will
const HAN = /\p{Script=Han}/u;

// The words of a question worth marking: no stop words; Chinese runs as pairs of characters.
export function terms(text) {
  const found = new Set();
  for (const run of text.toLowerCase().match(/\p{Script=Han}+|[\p{L}\p{N}]+/gu) ?? []) {
    if (HAN.test(run)) {
      if (run.length === 1) found.add(run);
      for (let i = 0; i + 2 <= run.length; i++) found.add(run.slice(i, i + 2));
    } else if (!STOP.has(run) && run.length > 1) {
      found.add(run.length > 4 ? run.replace(/(ing|ed|es|s)$/, "") : run);
    }
  }
  return found;
}

// `text` as nodes, with the words that begin like one of the terms in <mark>.
export function marked(text, wanted) {
  if (!wanted.size) return [document.createTextNode(text)];
  const escaped = [...wanted].sort((a, b) => b.length - a.length)
    .map((term) => (HAN.test(term) ? term : `(?<![\\p{L}\\p{N}])${term}${term.length > 2 ? "[\\p{L}\\p{N}]*" : WHOLE}`));
  const pattern = new RegExp(`(?:${escaped.join("|")})+`, "giu");
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) nodes.push(document.createTextNode(text.slice(end, match.index)));
    nodes.push(el("mark", {}, match[0]));
    end = match.index + match[0].length;
  }
  nodes.push(document.createTextNode(text.slice(end)));
  return nodes;
}

// Where to start reading `text`: at its beginning, or at the sentence from where `length`
// characters hold more of the terms, or hold them sooner than halfway.
export function bestStart(text, wanted, length) {
  let best = { start: 0, count: -1, first: 0 };
  for (const match of text.matchAll(/^|\n|[.!?] |[。！？]/g)) {
    const start = match.index + match[0].length;
    const seen = text.slice(start, start + length).toLowerCase();
    const found = [...wanted].map((term) => seen.indexOf(term)).filter((at) => at >= 0);
    const first = Math.min(...found);
    const sooner = found.length === best.count && best.first > length / 2 && first < best.first;
    if (found.length > best.count || sooner) best = { start, count: found.length, first };
  }
  return best.start;
}

const percent = (value) => `${(Math.min(1, Math.max(0, value)) * 100).toFixed(3)}%`;

function outline([x0, y0, x1, y1], kind, title) {
  const box = el("span", { class: `box ${kind}`, title });
  box.style.left = percent(x0);
  box.style.top = percent(y0);
  box.style.width = percent(x1 - x0);
  box.style.height = percent(y1 - y0);
  return box;
}

// A preview with what matched drawn over it. A passage without an image of its own shows its
// page, and its box lies on that page.
export function picture(item, alt) {
  const image = el("img", { src: `/v1/thumbs/${encodeURIComponent(item.thumb)}`, alt, decoding: "async" });
  const boxes = item.matched.map((line) => outline(line.box, "line", line.text));
  if (item.region) {
    const same = item.region.same;
    boxes.push(outline(item.region.box, same ? "region same" : "region", t(same ? "sameImage" : "likeImage")));
  }
  if (item.place.box && onPage(item)) boxes.push(outline(item.place.box, "place"));
  return el("span", { class: item.matched.length > MANY ? "picture many" : "picture" }, image, boxes);
}

export const onPage = (item) => item.asset === null && item.place.page !== null;

export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
