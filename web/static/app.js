// Small comforts. Every page is complete without them.

const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
// In the language of the page.
const words = document.documentElement.dataset;

// Copy: the button shows itself only where the clipboard can be written.
if (navigator.clipboard) {
  each("[data-copy]", (button) => {
    const word = button.querySelector("span") ?? button;
    const usual = word.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        word.textContent = words.copied;
      } catch {
        word.textContent = words.notAllowed;
      }
      button.dataset.done = "";
      setTimeout(() => {
        word.textContent = usual;
        delete button.dataset.done;
      }, 1500);
    });
  });
}

// Show the password while it is typed; hide it again before it is sent, so that no browser keeps it as text.
each("[data-reveal]", (button) => {
  const input = document.getElementById(button.dataset.reveal);
  if (!input) return;
  const usual = button.textContent;
  const show = (on) => {
    input.type = on ? "text" : "password";
    button.textContent = on ? words.hide : usual;
    button.setAttribute("aria-pressed", String(on));
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  input.form?.addEventListener("submit", () => show(false));
});

// One click, one post. The button stays enabled: a disabled one wouldn't send its own name and value.
each("form[data-once]", (form) => {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) return event.preventDefault();
    sent = true;
    event.submitter?.setAttribute("aria-busy", "true");
  });
  // Coming back by the Back button must find a form that works.
  addEventListener("pageshow", () => {
    sent = false;
    each("[aria-busy]", (button) => button.removeAttribute("aria-busy"));
  });
});

// A choice of range or outcome applies at once.
each(".log-form select", (select) => select.addEventListener("change", () => select.form.requestSubmit()));

// The log stays up to date by a script of its own, which comes when it is wanted and turns itself on.
each("[data-live]", (button) => {
  const begin = () => {
    sessionStorage.setItem("signet-live", "on");
    import(button.dataset.module);
  };
  button.hidden = false;
  if (sessionStorage.getItem("signet-live")) begin();
  else button.addEventListener("click", begin, { once: true });
});

// Up and down move between events while one of them has the focus; Escape closes the chosen one.
const links = [...document.querySelectorAll(".log-list .event .stretch")];
addEventListener("keydown", (event) => {
  const at = links.indexOf(document.activeElement);
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (at >= 0 && step && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    links[at + step]?.focus();
  }
  if (event.key === "Escape" && (at >= 0 || document.activeElement?.matches("body, .panel, .panel *"))) {
    document.querySelector(".panel .close")?.click();
  }
});

// Who goes through events keeps the place: the row that was opened or closed stays where it was, and has the focus.
const idOf = (link) => new URL(link.href).searchParams.get("event");
addEventListener("click", ({ target }) => {
  const opened = target.closest(".event .stretch");
  const closed = target.closest(".panel .close") && document.querySelector(".selected .stretch");
  const link = opened ?? closed;
  if (link) sessionStorage.setItem("signet-row", [idOf(link), link.getBoundingClientRect().top]);
});
const [row, height] = (sessionStorage.getItem("signet-row") ?? "").split(",");
sessionStorage.removeItem("signet-row");
const there = links.find((link) => link.offsetParent && idOf(link) === row);
if (there) {
  there.focus({ preventScroll: true });
  scrollBy(0, there.getBoundingClientRect().top - height);
}
