// What a form changes, while it is filled in. Without scripts its Review button shows the same.

const section = document.getElementById("changes");
const form = section.closest("form");
const [status, scroll, body] = ["[role=status]", ".scroll", "tbody"].map((part) => section.querySelector(part));
const cut = (text) => ([...text].length > 160 ? `${[...text].slice(0, 160).join("")}…` : text);
// A label without the help below it.
const says = (label) => (label?.querySelector("span") ?? label)?.firstChild?.textContent.trim() ?? "";

// What stands in a field, line by line; `first` reads what stood there when the page came.
const read = (field, controls, first) => {
  const of = (control) => (first ? control.defaultValue : control.value).trim();
  const on = (control) => (first ? control.defaultChecked : control.checked);
  const [control] = controls;
  if (control.type === "file") return [...control.files].map((file) => file.name);
  if (control.tagName === "TEXTAREA") return of(control).split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
  if (control.tagName === "SELECT") {
    const options = [...control.options];
    const chosen = first ? (options.find((option) => option.defaultSelected) ?? options[0]) : control.selectedOptions[0];
    return chosen ? [chosen.textContent] : [];
  }
  if (control.type === "radio" || control.type === "checkbox") {
    return controls.filter(on).map((one) => says(one.closest("label")));
  }
  const pairs = [...field.querySelectorAll(".pair")];
  if (!pairs.length) return [of(control)];
  const lines = pairs.map((pair) => ({ words: pair.querySelectorAll("span"), values: [...pair.querySelectorAll("input")].map(of) }));
  return lines
    .filter(({ values }) => values.some(Boolean))
    .map(({ words, values }) => `${values[0]} ${words[0].textContent} ${values[1]} ${words[1].textContent}`);
};

const rows = new Map([...body.rows].map((row) => [row.dataset.field, row]));
const fields = [];
for (const field of form.querySelectorAll(".edit-group .field")) {
  const controls = [...field.querySelectorAll("input[name], textarea, select")];
  const name = controls[0]?.name;
  // A password is never shown.
  if (!name || controls[0].type === "password") continue;
  const label = says(field.querySelector("legend, label"));
  const isList = controls[0].tagName === "TEXTAREA" || controls[0].type === "checkbox" || !!field.querySelector(".pair");
  // A page that came back holds what was typed: what was there before stands in its rows.
  const was = rows.has(name) && controls[0].type !== "file" ? rows.get(name).dataset.was.split("\n").filter(Boolean) : read(field, controls, true);
  fields.push({ field, controls, name, label, isList, was });
}
for (const one of fields) {
  const alike = fields.filter((other) => other.label === one.label).length > 1;
  const title = one.field.closest(".edit-group").querySelector("h2")?.textContent ?? one.field.closest("details")?.querySelector("summary")?.textContent;
  one.name_of = alike && title ? `${title}: ${one.label}` : one.label;
}

const cell = (lines) => {
  const cell = document.createElement("td");
  for (const line of lines) cell.append(Object.assign(document.createElement("bdi"), { textContent: cut(line) }));
  return cell;
};
const missing = (of, from) => {
  const left = [...from];
  return of.filter((line) => !left.includes(line) || !left.splice(left.indexOf(line), 1));
};
const signed = (sign, lines) => {
  const shown = lines.slice(0, 12).map((line) => `${sign} ${line}`);
  return lines.length > 12 ? [...shown, `and ${lines.length - 12} more`] : shown;
};
const row = (one, now) => {
  const row = document.createElement("tr");
  row.dataset.field = one.name;
  const head = Object.assign(document.createElement("th"), { scope: "row", textContent: one.name_of });
  let [before, after] = [[one.was[0] || "empty"], [now[0] || "empty"]];
  if (one.isList) {
    [before, after] = [missing(one.was, now), missing(now, one.was)];
    if (!before.length && !after.length) [before, after] = [one.was, now];
    [before, after] = [signed("−", before), signed("+", after)];
  }
  row.append(head, cell(before), cell(after));
  return row;
};

const show = () => {
  const shown = [];
  for (const one of fields) {
    const now = read(one.field, one.controls, false);
    const differs = one.isList ? now.join("\n") !== one.was.join("\n") : (now[0] ?? "") !== (one.was[0] ?? "");
    if (one.controls[0].type === "file" && !now.length) {
      // What was sent before stays, until another file is chosen.
      if (rows.has(one.name)) shown.push(rows.get(one.name));
    } else if (differs) shown.push(row(one, now));
  }
  for (const [name, kept] of rows) if (!fields.some((one) => one.name === name)) shown.push(kept);
  body.replaceChildren(...shown);
  scroll.hidden = !shown.length;
  const many = shown.length === 1 ? "One field changes." : `${shown.length} fields change.`;
  const sentence = shown.length ? many : "Nothing changes yet.";
  // Said anew only when it differs.
  if (status.textContent !== sentence) status.textContent = sentence;
};
section.hidden = false;
show();
form.addEventListener("input", show);
// A browser may put back what was typed before.
addEventListener("pageshow", show);
