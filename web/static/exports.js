// Looks every two seconds, while somebody looks, how far the exports of the log have come.

const EVERY = 2000;
const AFTER_FAILURE = 15000;

const place = document.querySelector("[data-exports]");
const note = document.querySelector("[data-exports-note]");
let timer;

const news = () => place.querySelector(".export-news");

const say = (text) => {
  if (note.textContent !== text) note.textContent = text;
};

const status = (row) => row.querySelector(".outcome").textContent;

// A row that still runs keeps its place and whoever is in it; one in which somebody writes stays as it is.
const renew = (there, row) => {
  const [bar, told] = [there.querySelector("progress"), there.querySelector(".told")];
  if (status(there) === status(row)) {
    if (told.textContent !== row.querySelector(".told").textContent) {
      told.textContent = row.querySelector(".told").textContent;
      if (bar) bar.value = row.querySelector("progress").value;
    }
    return there;
  }
  if ([...there.querySelectorAll("input[type=text]")].some((input) => input.value)) return there;
  const held = there.contains(document.activeElement);
  const shown = document.importNode(row, true);
  there.replaceWith(shown);
  if (held) shown.querySelector("a").focus();
  return shown;
};

const take = (html) => {
  const came = new DOMParser().parseFromString(html, "text/html").querySelector(".export-news");
  if (!came) return;
  const list = news().querySelector("ul");
  let before = list.firstChild;
  for (const row of came.querySelectorAll("li")) {
    const there = document.getElementById(row.id);
    const shown = there ? renew(there, row) : list.insertBefore(document.importNode(row, true), before);
    before = shown.nextSibling;
  }
  if (came.dataset.ask) return;
  delete news().dataset.ask;
  news().querySelector(".export-again")?.remove();
};

const ask = async () => {
  clearTimeout(timer);
  const url = news().dataset.ask;
  if (!url) return;
  if (document.visibilityState !== "visible") return;
  let wait = EVERY;
  try {
    const answer = await fetch(url, { headers: { accept: "text/html" } });
    if (answer.redirected) return say("You are signed out: load the page anew.");
    if (answer.ok) take(await answer.text());
    else wait = AFTER_FAILURE;
  } catch {
    wait = AFTER_FAILURE;
  }
  if (!news().dataset.ask) return say("No export runs any more.");
  say(wait === EVERY ? "This page looks again every two seconds." : "There is no answer now; the page tries again.");
  timer = setTimeout(ask, wait);
};

if (place && news().dataset.ask) {
  document.addEventListener("visibilitychange", ask);
  ask();
}
