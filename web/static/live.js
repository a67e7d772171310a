// Keeps the first page of the log up to date while somebody looks at it. Off until it is switched on: rows that move are
// hard to read.

const EVERY = 2000;
const AFTER_FAILURE = 15000;
const MOST_ROWS = 500;

const button = document.querySelector("[data-live]");

if (button) {
  const note = document.querySelector(".live-note");
  const kept = "signet-live";
  let next = button.dataset.live;
  let on = false;
  let timer;

  const say = (text) => {
    if (note.textContent !== text) note.textContent = text;
  };

  const turn = (state) => {
    on = state;
    button.setAttribute("aria-pressed", String(on));
    sessionStorage.setItem(kept, on ? "on" : "");
    clearTimeout(timer);
    say(on ? "New events appear by themselves." : "");
    if (on) ask();
  };

  const anew = () => {
    // Nobody's place is lost: only a page that is at its top is loaded anew by itself.
    if (scrollY === 0 && !document.querySelector("aside.panel")) return location.reload();
    say("There are more new events. Reload the page to see them.");
  };

  // The bars and sums are those of the rows.
  const draw = (parsed) =>
    ["svg", "figcaption"].forEach((part) => {
      const [there, fresh] = [document, parsed].map((page) => page.querySelector(`.histogram ${part}`));
      if (there && fresh) there.replaceChildren(...fresh.childNodes);
    });

  const take = (html) => {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    const came = parsed.querySelector("tbody");
    if (!came) return;
    next = came.dataset.next;
    const rows = [...came.querySelectorAll("tr.event")];
    const body = document.querySelector("table.events tbody");
    const known = new Map([...document.querySelectorAll("table.events tr.event")].map((row) => [idOf(row), row]));
    if (rows.every((row) => known.has(idOf(row))) && !("anew" in came.dataset)) return;
    const day = body?.querySelector(".day span");
    if ("anew" in came.dataset || day?.textContent !== came.dataset.day) return anew();
    let before = body.querySelector(".day").nextSibling;
    for (const row of rows) {
      const there = known.get(idOf(row));
      if (there) {
        before = there.nextSibling;
        continue;
      }
      const shown = document.importNode(row, true);
      shown.classList.add("fresh");
      body.insertBefore(shown, before);
    }
    draw(parsed);
    [...document.querySelectorAll("table.events tr.event")].slice(MOST_ROWS).forEach((row) => row.remove());
  };

  // An event is known by its id; the rest of the address is the search.
  const idOf = (row) => new URL(row.querySelector(".stretch").href).searchParams.get("event");

  const ask = async () => {
    clearTimeout(timer);
    if (!on || document.visibilityState !== "visible") return;
    let wait = EVERY;
    try {
      const answer = await fetch(next, { headers: { accept: "text/html" } });
      // Signed out meanwhile: the page says so when it is loaded.
      if (answer.redirected) return turn(false);
      if (answer.ok) take(await answer.text());
      else wait = AFTER_FAILURE;
    } catch {
      wait = AFTER_FAILURE;
    }
    if (wait === AFTER_FAILURE) say("New events can’t be asked for now; the page tries again.");
    timer = setTimeout(ask, wait);
  };

  button.addEventListener("click", () => turn(!on));
  document.addEventListener("visibilitychange", ask);
  if (sessionStorage.getItem(kept)) turn(true);
}
