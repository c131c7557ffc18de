// What the page does in the browser beyond Streamlit: it says what has been answered to whoever listens to a screen reader,
// jumps to what a search has found, takes keys and the clicks on the first screen, in the rows under messages and in the list of
// conversations, and names the parts that Streamlit leaves without a name.
//
// Mounted once by a component without a frame. Streamlit imports this module once a page, and calls the function at the end
// whenever its data has changed: [{id, text} | null, {id, target, words} | null], what to announce and where to go. The page is told
// "act": [deed, ...arguments], what was clicked. What it guarantees:
//
// - Something is announced once. The first data after the page is loaded announces nothing; a meeting that is being held is announced.
// - It changes no element of Streamlit's but for attributes, and none that Streamlit sets again: React keeps its own.
// - Who has not scrolled, clicked or typed above the input stands at the end of the answer when it has ended.
// - No click is lost: neither a row nor the first screen has a button to click before this module listens.
// - Stop is seen while an answer grows; look.css hides it between two answers, once this module says so.
// - While an answer streams it looks at most once a frame, and then only at messages that are new.

const SPOKEN = 500; // characters of an announcement
const PATIENCE = 5_000; // milliseconds that something may take to appear
const MOMENT = 2_000; // milliseconds that a mark stays
const AUTHORS = {"Chat message from user": "You", "Chat message from assistant": "Vibehuntr"};

window.vibehuntrClient?.abort(); // a newer module takes over
const client = (window.vibehuntrClient = new AbortController());
const find = (selector) => document.querySelector(selector);

// Call back with the first result that is not null, at once or after a change of the page; give up in the end.
function whenThere(look, then, patience = PATIENCE) {
  const found = look();
  if (found) return then(found);
  const end = new AbortController();
  const observer = new MutationObserver(() => {
    const later = look();
    if (later) end.abort(then(later));
  });
  end.signal.addEventListener("abort", () => observer.disconnect());
  client.signal.addEventListener("abort", () => end.abort(), {signal: end.signal});
  setTimeout(() => end.abort(), patience);
  observer.observe(document.body, {childList: true, subtree: true});
}

// -- announcing ---------------------------------------------------------------------------------------------------------

// Off the screen, and closed: whoever searches or selects on the page does not come upon the text a second time.
find("#vibehuntr-status")?.remove();
const host = document.body.appendChild(document.createElement("div"));
host.id = "vibehuntr-status";
host.setAttribute("role", "status");
host.setAttribute("aria-live", "polite");
host.style.cssText = "position: fixed; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap";
const region = host.attachShadow({mode: "closed"});

function say(text) {
  const short = text.length > SPOKEN ? `${text.slice(0, SPOKEN)}…` : text;
  region.textContent = short === region.textContent ? `${short}\u00a0` : short; // the same again is a change, too
}

const announced = new Set();
let isFirst = true;

function announce(news, isRunning = false) {
  if (news && !announced.has(news.id)) {
    announced.add(news.id);
    if (!isFirst || isRunning) say(news.text);
    if (!isRunning) for (const wait of SETTLED) setTimeout(stay, wait);
  }
  if (!isRunning) isFirst = false;
}

// -- jumping to what was found --------------------------------------------------------------------------------------------

let jumped = null; // the last jump's id
let marking = null; // watches the text that is marked

function jump(to) {
  if ((to?.id ?? null) === jumped) return;
  jumped = to?.id ?? null;
  unmark();
  if (to) whenThere(() => document.getElementsByClassName(to.target)[0], (target) => to.id === jumped && show(target, to.words));
}

function show(target, words) {
  const ranges = mark(target, words);
  isElsewhere = true;
  target.dataset.vibehuntrJumped = "";
  target.scrollIntoView({block: "start"});
  if (ranges[0]?.getBoundingClientRect().top > innerHeight * 0.7) ranges[0].startContainer.parentElement.scrollIntoView({block: "center"});
  target.tabIndex = -1;
  target.focus({preventScroll: true});
  setTimeout(() => delete target.dataset.vibehuntrJumped, MOMENT);
  marking = new MutationObserver(() => mark(target, words)); // drawn anew, its marks would be gone
  marking.observe(target, {childList: true, subtree: true, characterData: true});
}

function unmark() {
  marking?.disconnect();
  window.CSS.highlights?.delete("vibehuntr");
}

// Mark beginnings of words, whatever their case and accents, by the browser's highlights: the document stays as it is.
function mark(target, words) {
  const wanted = (words ?? []).map((word) => fold(word).folded).filter(Boolean).map(RegExp.escape ?? escaped);
  if (!wanted.length || !window.CSS.highlights) return [];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${wanted.join("|")})`, "gu");
  const texts = document.createTreeWalker(target, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement.closest("[data-testid=stIconMaterial], style, script") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  const ranges = [];
  while (texts.nextNode()) {
    const {folded, from} = fold(texts.currentNode.data);
    for (const match of folded.matchAll(pattern)) {
      const range = new Range();
      range.setStart(texts.currentNode, from[match.index]);
      range.setEnd(texts.currentNode, from[match.index + match[0].length]);
      ranges.push(range);
    }
  }
  window.CSS.highlights.set("vibehuntr", new Highlight(...ranges));
  return ranges;
}

const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

// A text without case and accents, and where each of its characters stood before.
function fold(text) {
  let folded = "";
  const from = [];
  let at = 0;
  for (const character of text) {
    const plain = character.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    for (let n = 0; n < plain.length; n += 1) from.push(at);
    folded += plain;
    at += character.length;
  }
  from.push(at);
  return {folded, from};
}

// -- staying with the answer ------------------------------------------------------------------------------------------------

// Streamlit follows an answer until the reader scrolls, and takes it for that when the page scrolls by itself: when it shrinks and
// grows again, between two of its looks.
const SETTLED = [100, 500, 1_500]; // milliseconds after the redraw that follows an answer
let isElsewhere = false; // the reader has left the end, and has not come back

function leave(event) {
  if (!event.target.closest?.("[data-testid=stBottom]")) isElsewhere = true;
}

const room = (main) => main.scrollHeight - main.clientHeight - main.scrollTop;

function stay() {
  const main = find("#stMain");
  if (main && !isElsewhere && room(main) > 1) main.scrollTop = main.scrollHeight;
}

function arrive({target}) {
  if (target.id === "stMain" && room(target) < 2) isElsewhere = false;
}

for (const act of ["wheel", "touchmove", "pointerdown", "keydown"])
  document.addEventListener(act, leave, {capture: true, passive: true, signal: client.signal});
document.addEventListener("scrollend", arrive, {capture: true, passive: true, signal: client.signal});

// -- the first screen, the row under a message, the list of conversations ---------------------------------------------------

// Their buttons and links are plain HTML: a click is done here (copying), or told to the page. Streamlit puts a row that has changed in
// the place of the old one, so what had the focus is another one then: it gets it back. It is known by what it does, or by its label.

const CLICKED = "[data-vibehuntr-do]";
let tell = null; // the page, once it can be told
let used = null; // what has the focus of its row

function act(event) {
  const clicked = event.target.closest?.(CLICKED);
  const goes = clicked?.href && (event.ctrlKey || event.metaKey || event.shiftKey || !tell); // by itself: to a tab of its own, or as nobody hears
  if (!clicked || goes) return;
  event.preventDefault();
  const deed = JSON.parse(decodeURIComponent(clicked.dataset.vibehuntrDo));
  if (deed[0] === "copy") copy(clicked, deed[1]);
  else if (deed[0] !== "ask" || event.detail < 2) tell?.("act", deed); // a double click asks once
}

function use({target}) {
  const now = target.closest?.(CLICKED);
  const {vibehuntrRow: row} = now?.closest("[data-vibehuntr-row]").dataset ?? {};
  used = now ? {now, row, deed: now.dataset.vibehuntrDo, label: now.getAttribute("aria-label")} : null;
}

function keepFocus() {
  if (!used || used.now.isConnected) return;
  const again = (name, value) => find(`[data-vibehuntr-row="${used.row}"] [${name}="${value}"]`);
  const next = again("data-vibehuntr-do", used.deed) ?? again("aria-label", used.label);
  if (next && document.activeElement === document.body) next.focus({preventScroll: true});
  else if (next) used = null;
}

async function copy(button, text) {
  const copied = (await write(text)) ? "Copied" : "Not copied: the browser does not allow it";
  say(copied);
  button.setAttribute("aria-label", copied);
  button.title = copied;
  button.dataset.vibehuntrIcon = "check";
  setTimeout(() => {
    button.setAttribute("aria-label", "Copy");
    button.title = "Copy";
    button.dataset.vibehuntrIcon = "content_copy";
  }, MOMENT);
}

// Not every page has a clipboard: over plain http, none but this machine's own.
const write = (text) => navigator.clipboard?.writeText(text).then(() => true, () => writeByCommand(text)) ?? writeByCommand(text);

function writeByCommand(text) {
  const before = document.activeElement;
  const area = document.body.appendChild(document.createElement("textarea"));
  area.value = text;
  area.style.cssText = "position: fixed; opacity: 0";
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus({preventScroll: true});
  return done;
}

// -- keys -----------------------------------------------------------------------------------------------------------------

const search = () => find(".st-key-search input");
const OVER = "[data-testid=stPopoverBody], [data-testid=stDialog], [role=listbox]";
const prompt = () => find("[data-testid=stChatInputTextArea]");

function press(event) {
  const control = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (control && event.key.toLowerCase() === "k") {
    event.preventDefault();
    find("[data-testid=stExpandSidebarButton]")?.click();
    whenThere(visibleSearch, (field) => (field.focus(), field.select()));
  } else if (control && event.key === "/") {
    event.preventDefault();
    prompt()?.focus();
  } else if (event.key === "Escape" && event.target === search() && event.target.value) {
    event.stopPropagation();
    empty(event.target);
  } else if (event.key === "Escape" && find(OVER)) {
    event.stopPropagation(); // it closes what lies over the page, and does not stop the answer too
  }
}

const visibleSearch = () => (find("[data-testid=stSidebar][data-collapsed=false]") ? search() : null);

// As if the user had emptied it: React hears of it by the event, Streamlit takes it over at Enter.
function empty(field) {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, "");
  field.dispatchEvent(new Event("input", {bubbles: true}));
  field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
}

// -- names ----------------------------------------------------------------------------------------------------------------

const contents = document.getElementsByClassName("stChatMessage"); // live, so that a look costs next to nothing
const growing = document.getElementsByClassName("vh-grows"); // the row under an answer that grows
const floors = document.getElementsByClassName("vh-floor"); // where a meeting is being held
let isDue = false;

function nameSoon() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    name();
  });
}

// Messages are articles by their authors in a log that is not read out by itself: an answer is announced once, at its end.
function name() {
  keepFocus();
  document.documentElement.toggleAttribute("data-vibehuntr-idle", !growing.length);
  for (const message of contents) {
    const content = message.lastElementChild;
    const author = AUTHORS[content?.getAttribute("aria-label")];
    if (author) {
      content.setAttribute("role", "article");
      content.setAttribute("aria-label", author);
    }
  }
  for (const floor of floors) announce({id: `meeting ${floor.dataset.vibehuntrId}`, text: decodeURIComponent(floor.dataset.vibehuntrSay)}, true);
  for (const toast of document.querySelectorAll("[data-testid=stToast]:not([aria-label])")) toast.setAttribute("aria-label", "Notice");
  const talk = find(".st-key-talk");
  if (talk && contents.length && talk.getAttribute("role") !== "log") {
    talk.setAttribute("role", "log");
    talk.setAttribute("aria-label", "Conversation");
    talk.setAttribute("aria-live", "off");
  }
}

const names = new MutationObserver(nameSoon);
names.observe(document.body, {childList: true, subtree: true});
document.addEventListener("keydown", press, {capture: true, signal: client.signal});
document.addEventListener("click", act, {signal: client.signal});
for (const way of ["focusin", "pointerdown"]) document.addEventListener(way, use, {signal: client.signal});
client.signal.addEventListener("abort", () => (names.disconnect(), unmark()));
nameSoon();

export default function ({data, setTriggerValue}) {
  const [news, target] = data ?? [];
  tell = setTriggerValue;
  document.documentElement.dataset.vibehuntrHears = ""; // look.css shows the rows' buttons from now on
  announce(news);
  jump(target);
}
