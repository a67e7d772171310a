// Tells an app whether the sign-in that it knows of is still this browser's.
const name = `${document.documentElement.dataset.cookie}=`;
const state = () => document.cookie.split("; ").find((pair) => pair.startsWith(name))?.slice(name.length) ?? "";

const digest = async (text) => {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

// Browsers keep cookies from frames of other sites. Then nothing is known, which isn't that the sign-in changed: an app that
// is told so would ask again and again.
const blind = async () => !state() && document.hasStorageAccess && !(await document.hasStorageAccess());

// An app sends its id and the session_state that it got: a digest, a dot, and the salt.
const answer = async (data, origin) => {
  const asked = typeof data === "string" && /^(.+) ([\w-]+)\.([\w-]+)$/.exec(data);
  if (!asked || (await blind())) return "error";
  const [, client, seen, salt] = asked;
  return (await digest(`${client} ${origin} ${state()} ${salt}`)) === seen ? "unchanged" : "changed";
};

addEventListener("message", async ({ data, origin, source }) => {
  // Without an origin there is nobody to answer.
  if (!source || origin === "null") return;
  source.postMessage(await answer(data, origin).catch(() => "error"), origin);
});
