// Ctrl K or ⌘ K opens a list that finds pages, users, apps and events while one types. Without it, the link leads to a page
// that does the same.

const dialog = document.getElementById("palette");
const opener = document.querySelector("[data-palette]");

if (dialog && opener) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const status = dialog.querySelector("[role=status]");
  const apple = /Mac|iP/.test(navigator.platform);
  let options = [];
  let chosen = -1;
  let asked = 0;
  let timer;

  const choose = (at) => {
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = options.length ? (at + options.length) % options.length : -1;
    const option = options[chosen];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };

  // The page's sections of links become the groups and options of a list box: the field keeps the focus.
  const show = (html, of) => {
    list.dataset.of = of;
    const page = new DOMParser().parseFromString(html, "text/html");
    const groups = [...page.querySelectorAll("section")];
    let count = 0;
    for (const group of groups) {
      group.setAttribute("role", "group");
      const name = group.querySelector("h2");
      name.id = `palette-${name.id}`;
      name.setAttribute("role", "presentation");
      group.setAttribute("aria-labelledby", name.id);
      group.querySelectorAll("ul, li").forEach((part) => part.setAttribute("role", "presentation"));
      for (const link of group.querySelectorAll("a")) {
        link.id = `palette-option-${count++}`;
        link.tabIndex = -1;
        link.setAttribute("role", "option");
        link.setAttribute("aria-selected", "false");
      }
    }
    list.replaceChildren(...groups.map((group) => document.importNode(group, true)));
    options = [...list.querySelectorAll("[role=option]")];
    input.setAttribute("aria-expanded", String(options.length > 0));
    status.textContent = options.length ? "" : "Nothing has this name.";
    chosen = -1;
    choose(0);
  };

  const ask = async () => {
    const turn = ++asked;
    const of = input.value;
    const failed = "That can’t be looked up now. Press Enter to try the page.";
    try {
      const answer = await fetch(`/console/find/list?q=${encodeURIComponent(of)}`);
      // Signed out meanwhile: the page asks for the password.
      if (answer.redirected) return location.assign("/console/find");
      const html = answer.ok ? await answer.text() : "";
      if (turn !== asked) return;
      show(html, of);
      if (!answer.ok) status.textContent = failed;
    } catch {
      if (turn === asked) status.textContent = failed;
    }
  };

  const open = () => {
    if (dialog.open) return input.select();
    input.value = "";
    dialog.showModal();
    input.focus();
    ask();
  };

  const keys = opener.querySelector(".keys");
  keys.textContent = apple ? "⌘K" : "Ctrl K";
  keys.hidden = false;
  opener.setAttribute("role", "button");
  opener.setAttribute("aria-haspopup", "dialog");
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      open();
    }
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      choose(chosen + step);
    }
  });
  // What was typed last may not have been asked for yet: then the page finds it.
  dialog.querySelector("form").addEventListener("submit", (event) => {
    const settled = list.dataset.of === input.value;
    if (settled && options[chosen]) {
      event.preventDefault();
      options[chosen].click();
    }
  });
  // A click beside the box closes it.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}
