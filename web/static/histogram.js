// Chooses a span of time with the mouse: from the bar where its button goes down to the one where it comes up. A click on
// one bar is a link, as it is without this; fingers scroll.

for (const svg of document.querySelectorAll(".histogram svg")) {
  const bars = [...svg.querySelectorAll(":scope > a")];
  let from = -1;
  let to = -1;

  const at = (x) => {
    const past = bars.findIndex((bar) => x < bar.querySelector(".hit").getBoundingClientRect().right);
    return past < 0 ? bars.length - 1 : past;
  };

  const mark = () => {
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    bars.forEach((bar, n) => bar.classList.toggle("marked", first < last && n >= first && n <= last));
  };

  const end = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", up);
    removeEventListener("keydown", key);
    from = to = -1;
    mark();
  };

  const move = (event) => {
    to = at(event.clientX);
    mark();
  };

  const up = (event) => {
    const [first, last] = [Math.min(from, at(event.clientX)), Math.max(from, at(event.clientX))];
    end();
    if (first === last) return;
    const url = new URL(bars[first].getAttribute("href"), location);
    const until = new URL(bars[last].getAttribute("href"), location).searchParams.get("until");
    url.searchParams.set("until", until);
    location.assign(url);
  };

  const key = (event) => {
    if (event.key === "Escape") end();
  };

  svg.addEventListener("dragstart", (event) => event.preventDefault());
  svg.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" || event.button !== 0 || bars.length < 2) return;
    from = to = at(event.clientX);
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
    addEventListener("keydown", key);
  });
}
