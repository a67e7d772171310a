// A span of time, drawn with the mouse over the bars. One bar alone is the link that it is.
// Those of now: while the log is live they are drawn anew.
const drawn = () => [...document.querySelectorAll(".histogram a")];
const over = () => drawn().findIndex((bar) => bar.matches(":hover"));
const span = () => [from, over()].sort((a, b) => a - b);
const mark = ([a, b]) => drawn().forEach((bar, n) => bar.classList.toggle("marked", a >= 0 && n >= a && n <= b));
let from = -1;

onmousedown = () => (from = over());
onmousemove = () => mark(span());
ondragstart = () => from < 0;
onmouseup = () => {
  const [a, b] = span();
  mark([(from = -1)]);
  const href = (n) => drawn()[n].href.baseVal;
  if (a >= 0 && a < b) location = href(a).replace(/until=[^&]*/, href(b).match(/until=[^&]*/));
};
