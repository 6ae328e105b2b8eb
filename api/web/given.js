// What is given with the question besides typed words: an image, a recording, or both.

import { clock } from "./dom.js";
import { number, t } from "./words.js";

const $ = (id) => document.getElementById(id);
const LONGEST = 60; // seconds; what the server takes unless its settings say otherwise
const SPOKEN = /^(audio|video)\//; // voice notes often arrive as video without a picture

// Where each part is shown: its chip, and what plays or previews it.
const PARTS = {
  image: { chip: "shot", media: "preview" },
  voice: { chip: "note", media: "player" },
};

export const given = { image: null, voice: null };
let doors = { refuse() {}, ask() {} };

// `refuse(words)` shows why a file cannot be taken; `ask()` asks with what is there.
export function connect(to) {
  doors = to;
  $("speak").hidden = !(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);
}

// ── files: chosen, pasted, dropped ──────────────────────────────────────────────────────────

function take(file, name) {
  if (file.type.startsWith("image/")) set("image", file, name);
  else if (SPOKEN.test(file.type)) set("voice", file, name);
  else doors.refuse(t("notTaken", name));
}

function set(part, file, name) {
  drop(part);
  const { chip, media } = PARTS[part];
  given[part] = file;
  $(media).src = URL.createObjectURL(file);
  $(`${chip}name`).textContent = name;
  $(`${chip}size`).textContent = size(file.size);
  $(chip).hidden = false;
  $("text").focus();
}

export function drop(part) {
  const { chip, media } = PARTS[part];
  if (given[part]) URL.revokeObjectURL($(media).src);
  given[part] = null;
  $(media).pause?.();
  $(media).removeAttribute("src");
  $(chip).hidden = true;
  $("file").value = "";
}

export function clear() {
  for (const part in PARTS) drop(part);
}

const size = (bytes) => (bytes < 1e6 ? `${number(Math.max(1, Math.round(bytes / 1e3)))} kB` : `${number((bytes / 1e6).toFixed(1))} MB`);
const fileOf = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? transfer?.files?.[0];

document.addEventListener("paste", (event) => {
  const file = fileOf(event.clipboardData);
  if (!file) return;
  event.preventDefault();
  take(file, file.name && file.name !== "image.png" ? file.name : t("pasted"));
});

let depth = 0; // dragenter and dragleave fire for every child crossed
const dragsFile = (event) => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragenter", (event) => {
  if (!dragsFile(event)) return;
  event.preventDefault();
  depth += 1;
  $("dropzone").hidden = false;
});
document.addEventListener("dragover", (event) => dragsFile(event) && event.preventDefault());
document.addEventListener("dragleave", (event) => {
  if (!dragsFile(event)) return;
  depth = Math.max(0, depth - 1);
  $("dropzone").hidden = depth === 0;
});
document.addEventListener("drop", (event) => {
  if (!dragsFile(event)) return;
  event.preventDefault();
  depth = 0;
  $("dropzone").hidden = true;
  const file = fileOf(event.dataTransfer);
  if (file) take(file, file.name);
});

$("choose").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", () => $("file").files[0] && take($("file").files[0], $("file").files[0].name));
for (const [button, part] of [["remove", "image"], ["removenote", "voice"]]) {
  $(button).addEventListener("click", () => {
    drop(part);
    $("text").focus();
  });
}
$("play").addEventListener("click", () => ($("player").paused ? $("player").play() : $("player").pause()));
for (const name of ["play", "pause", "ended"]) $("player").addEventListener(name, labelPlay);

export function labelPlay() {
  const playing = !$("player").paused && !$("player").ended;
  $("play").classList.toggle("on", playing);
  $("play").setAttribute("aria-label", t(playing ? "pause" : "play"));
}

// ── the microphone ──────────────────────────────────────────────────────────────────────────

let recorder = null;
let dropped = false; // recorded for nothing: Escape was pressed

async function record() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    doors.refuse(t(error.name === "NotFoundError" ? "noMicrophone" : "microphoneDenied"));
    return;
  }
  const parts = [];
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const running = (recorder = new MediaRecorder(stream));
  dropped = false;
  running.addEventListener("dataavailable", (event) => parts.push(event.data));
  running.addEventListener("stop", () => {
    clearInterval(ticking);
    for (const track of stream.getTracks()) track.stop();
    recorder = null;
    labelSpeak();
    if (dropped) return;
    set("voice", new Blob(parts, { type: running.mimeType }), `${t("recording")}, ${clock(seconds())}`);
    doors.ask();
  });
  running.start();
  labelSpeak(0);
  const ticking = setInterval(() => (seconds() < LONGEST ? labelSpeak(seconds()) : running.stop()), 250);
}

export function labelSpeak(seconds = null) {
  $("speak").classList.toggle("on", recorder !== null);
  $("speak").setAttribute("aria-pressed", String(recorder !== null));
  $("speakword").textContent = recorder ? t("stop", clock(seconds ?? 0)) : t("speak");
}

$("speak").addEventListener("click", () => (recorder ? recorder.stop() : record()));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !recorder) return;
  dropped = true;
  recorder.stop();
});
