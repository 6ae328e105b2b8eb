// The words of the interface, English and Chinese.

const en = {
  skip: "Skip to results",
  headline: "What is the customer seeing?",
  lead: "Ask in words, speak, or show the screen. Answers come from your own manuals and tickets, with their sources.",
  hint: "Ask, or paste a screenshot",
  question: "Question",
  addFile: "Add image",
  speak: "Speak",
  stop: (time) => `Stop ${time}`,
  recording: "Recording",
  play: "Play",
  pause: "Pause",
  removeVoice: "Remove the recording",
  noMicrophone: "No microphone was found.",
  microphoneDenied: "The browser does not allow this page the microphone.",
  heard: "Heard",
  edit: "Edit",
  listening: "Listening…",
  how: "or paste, or drop one anywhere",
  search: "Search",
  filters: "Filters",
  removeImage: "Remove the image",
  close: "Close",
  drop: "Drop an image or a recording to search with it",
  pasted: "Pasted image",
  notTaken: (name) => `${name} is neither an image nor a recording.`,
  askFirst: "Type or speak a question, or add an image first.",
  index: (documents, generation) => `${documents} documents, generation ${generation}`,
  noIndex: "No index is open",
  other: "中文",
  otherLabel: "以中文显示",
  searching: "Searching…",
  reading: "Reading the screenshot…",
  answer: "Answer",
  sources: "Sources",
  moreSteps: (n) => (n === 1 ? "1 more step on the page" : `${n} more steps on the page`),
  moreRows: (n) => (n === 1 ? "1 more row on the page" : `${n} more rows on the page`),
  notFound: "Nothing found that answers this",
  sure: (n) => (n < 50 ? `${n} % sure: check the source` : `${n} % sure`),
  corrected: (words) => `Searched for ${words}`,
  instead: (meant, typed) => `“${meant}” instead of “${typed}”`,
  comma: ", ",
  notFoundMore: "The closest passages are below. None of them is sure enough to quote as an answer.",
  empty: "No matches",
  emptyMore: "Try other words, or the words on the screen itself.",
  emptyFilters: "Try other words, or remove a filter.",
  clearFilters: "Remove all filters",
  problem: "That did not work",
  unreachable: "The service does not answer. Is it still running?",
  retry: "Try again",
  results: (n) => (n === 1 ? "1 result" : `${n} results`),
  took: (n, ms) => `${n === 1 ? "1 result" : `${n} results`} in ${ms} ms`,
  read: (n) => `Read from your screenshot (${n === 1 ? "1 line" : `${n} lines`})`,
  page: (n) => `Page ${n}`,
  cited: (n) => `Cited as ${n}`,
  goTo: (n, title) => `Source ${n}: ${title}`,
  enlarge: (title) => `Enlarge the image of ${title}`,
  whole: "Show all",
  less: "Show less",
  lane: (lane, rank, score) => `Lane ${lane}: rank ${rank}, score ${score}`,
  lanes: "Ranks by lane",
  laneOff: (lane, reason) => `${lane} is off: ${reason}`,
  copy: "Copy with sources",
  copied: "Copied",
  removeFilter: (name) => `Remove the filter ${name}`,
  more: (n) => `${n} more`,
  matched: "Matching text in the image",
  sameImage: "Your image, or a part of it, lies here",
  likeImage: "Looks like this part",
  kinds: { manual: "Manual", ticket: "Ticket", image: "Image", recording: "Recording", video: "Video" },
  manyKinds: { manual: "Manuals", ticket: "Tickets", image: "Images", recording: "Recordings", video: "Videos" },
};

const zh = {
  skip: "跳到结果",
  headline: "客户看到了什么？",
  lead: "用文字或语音提问，或直接给出截图。答案来自你自己的手册和工单，并附出处。",
  hint: "输入问题，或粘贴截图",
  question: "问题",
  addFile: "添加图片",
  speak: "语音",
  stop: (time) => `停止 ${time}`,
  recording: "录音",
  play: "播放",
  pause: "暂停",
  removeVoice: "移除录音",
  noMicrophone: "没有找到麦克风。",
  microphoneDenied: "浏览器没有允许本页使用麦克风。",
  heard: "听到的是",
  edit: "修改",
  listening: "正在听录音…",
  how: "也可以粘贴，或拖到页面任意位置",
  search: "搜索",
  filters: "筛选",
  removeImage: "移除图片",
  close: "关闭",
  drop: "松开即可用这张图片或录音搜索",
  pasted: "粘贴的图片",
  notTaken: (name) => `${name} 既不是图片也不是录音。`,
  askFirst: "请先输入或说出问题，或添加图片。",
  index: (documents, generation) => `${documents} 篇文档，第 ${generation} 代索引`,
  noIndex: "没有打开的索引",
  other: "English",
  otherLabel: "Show in English",
  searching: "正在搜索…",
  reading: "正在识别截图…",
  answer: "答案",
  sources: "出处",
  moreSteps: (n) => `页面上还有 ${n} 步`,
  moreRows: (n) => `页面上还有 ${n} 行`,
  notFound: "没有找到能回答这个问题的内容",
  sure: (n) => (n < 50 ? `把握 ${n}%，请核对出处` : `把握 ${n}%`),
  corrected: (words) => `已按此搜索：${words}`,
  instead: (meant, typed) => `“${meant}”（原输入“${typed}”）`,
  comma: "、",
  notFoundMore: "下面是最接近的段落，但都不足以作为答案引用。",
  empty: "没有匹配的结果",
  emptyMore: "换个说法，或使用屏幕上的原文试试。",
  emptyFilters: "换个说法，或移除一个筛选条件。",
  clearFilters: "移除全部筛选",
  problem: "出错了",
  unreachable: "服务没有响应，请确认它仍在运行。",
  retry: "重试",
  results: (n) => `${n} 条结果`,
  took: (n, ms) => `${n} 条结果，用时 ${ms} 毫秒`,
  read: (n) => `从截图中识别的文字（${n} 行）`,
  page: (n) => `第 ${n} 页`,
  cited: (n) => `引用 ${n}`,
  goTo: (n, title) => `出处 ${n}：${title}`,
  enlarge: (title) => `放大 ${title} 的图片`,
  whole: "展开全部",
  less: "收起",
  lane: (lane, rank, score) => `通道 ${lane}：第 ${rank} 名，得分 ${score}`,
  lanes: "各通道名次",
  laneOff: (lane, reason) => `${lane} 通道未启用：${reason}`,
  copy: "连同出处复制",
  copied: "已复制",
  removeFilter: (name) => `移除筛选 ${name}`,
  more: (n) => `另外 ${n} 项`,
  matched: "图片中匹配的文字",
  sameImage: "您的图片（或其一部分）在这里",
  likeImage: "与这一部分相似",
  kinds: { manual: "手册", ticket: "工单", image: "图片", recording: "录音", video: "视频" },
  manyKinds: { manual: "手册", ticket: "工单", image: "图片", recording: "录音", video: "视频" },
};


const tables = { en, zh };
const KEY = "triptych-language";

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage may be forbidden; the browser's language then decides each time
  }
}

export let language = remembered() ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
if (!(language in tables)) language = "en";

export const t = (key, ...values) => {
  const word = tables[language][key];
  return typeof word === "function" ? word(...values) : word;
};

export function otherLanguage() {
  language = language === "en" ? "zh" : "en";
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // not remembered, still switched
  }
}

export function translate(root = document) {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll("[data-hint]")) node.placeholder = t(node.dataset.hint);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
}

export const number = (value) => Number(value).toLocaleString(language === "zh" ? "zh-CN" : "en");
