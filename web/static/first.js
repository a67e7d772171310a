// Looks every two seconds, while somebody looks, what became of an app's first sign-in.

const EVERY = 2000;
const AFTER_FAILURE = 15000;

const place = document.querySelector("[data-first]");
let timer;

const news = () => place.querySelector(".first-news");

const say = (text) => {
  const line = news().querySelector(".first-again");
  if (line && line.textContent !== text) line.textContent = text;
};

const take = (html) => {
  const came = new DOMParser().parseFromString(html, "text/html").querySelector(".first-news");
  if (!came) return;
  // What is said below the news differs by who says it.
  const bare = (part) => {
    const copy = part.cloneNode(true);
    copy.querySelector(".first-again")?.remove();
    copy.querySelectorAll(".copy").forEach((button) => button.remove());
    return copy.textContent;
  };
  if (bare(came) === bare(news())) return;
  const held = document.activeElement;
  const kept = news().contains(held) ? held.getAttribute("href") : null;
  news().replaceWith(document.importNode(came, true));
  if (kept !== null) {
    const same = [...place.querySelectorAll("a")].find((link) => link.getAttribute("href") === kept);
    (same ?? place).focus();
  }
};

const ask = async () => {
  clearTimeout(timer);
  const url = news().dataset.ask;
  if (!url || document.visibilityState !== "visible") return;
  let wait = EVERY;
  try {
    const answer = await fetch(url, { headers: { accept: "text/html" } });
    if (answer.redirected) return say("You are signed out: load the page anew.");
    if (answer.ok) take(await answer.text());
    else wait = AFTER_FAILURE;
  } catch {
    wait = AFTER_FAILURE;
  }
  say(wait === EVERY ? "This page looks again every two seconds." : "There is no answer now; the page tries again.");
  timer = setTimeout(ask, wait);
};

if (place && news().dataset.ask) {
  place.tabIndex = -1;
  say("This page looks again every two seconds.");
  document.addEventListener("visibilitychange", ask);
  ask();
}
