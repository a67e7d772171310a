// What a form changes, while it is filled in: what its Review button would answer, asked for when it has been still for a
// moment. Without scripts the button does.

const section = document.getElementById("changes");
const form = section.closest("form");
const part = (of, css) => of.querySelector(css);
let soon;
let asked = 0;

const show = async () => {
  asked += 1;
  const mine = asked;
  const sent = new FormData(form);
  // Neither is needed to see what changes.
  for (const { name } of form.querySelectorAll("[type=password], [type=file]")) sent.delete(name);
  sent.set("review", "1");
  const body = part(form, "[type=file]") ? sent : new URLSearchParams(sent);
  const text = await fetch(form.getAttribute("action"), { method: "POST", body }).then((answer) => answer.text(), () => "");
  const found = new DOMParser().parseFromString(text, "text/html").getElementById("changes");
  if (!found || mine !== asked) return;
  part(section, ".scroll").replaceWith(part(found, ".scroll"));
  const [said, says] = [section, found].map((of) => part(of, "[role=status]"));
  // Said anew only when it differs.
  if (said.textContent !== says.textContent) said.textContent = says.textContent;
};

section.hidden = false;
form.addEventListener("input", () => {
  clearTimeout(soon);
  soon = setTimeout(show, 250);
});
// A browser may put back what was typed before.
const touched = ({ value, defaultValue = value, checked, defaultChecked = checked }) =>
  value !== defaultValue || checked !== defaultChecked;
addEventListener("pageshow", () => [...form.elements].some(touched) && show());
