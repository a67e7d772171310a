// The preview follows the form while it is filled in. Without scripts its button does.

const box = document.querySelector("[data-preview]");
const form = box?.closest("form");
if (form) {
  const names = ["displayName", "colour", "signInText.en", "signInText.de", "help", "kept", "shown"];
  const gone = () => form.querySelector("input[value=remove]")?.checked;
  const show = () => {
    for (const frame of box.querySelectorAll("iframe")) {
      const query = new URLSearchParams({ theme: frame.dataset.themeOf });
      for (const name of names) {
        const value = name === "kept" && gone() ? "" : form.elements[name]?.value;
        if (value) query.set(name, value);
      }
      // In place, so that Back leaves the form and not a colour.
      frame.contentWindow.location.replace(`${box.dataset.preview}?${query}`);
    }
  };
  let soon;
  form.addEventListener("input", (event) => {
    // A picture is shown once the server has looked at it.
    if (event.target.type === "file") return form.requestSubmit(box.querySelector("[value=preview]"));
    clearTimeout(soon);
    soon = setTimeout(show, 200);
  });

  // The browser's own palette beside the six digits.
  const digits = form.elements.colour;
  const picker = Object.assign(document.createElement("input"), { type: "color", className: "picker" });
  picker.setAttribute("aria-label", "Choose the colour");
  const line = document.createElement("div");
  line.className = "colour-line";
  digits.replaceWith(line);
  line.append(picker, digits);
  const take = () => {
    if (/^#[0-9a-f]{6}$/i.test(digits.value)) picker.value = digits.value;
  };
  picker.value = "#3e63dd";
  take();
  digits.addEventListener("input", take);
  picker.addEventListener("input", () => { digits.value = picker.value; });
}
