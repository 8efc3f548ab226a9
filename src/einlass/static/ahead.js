// SPDX-License-Identifier: Apache-2.0
// The next month is fetched before somebody asks for it, and waits in the browser's own cache for as long as the server allows (half a
// minute). Whoever saves data fetches it when he asks.
function ahead() {
  const link = document.querySelector("a[data-ahead]");
  if (!link || navigator.connection?.saveData) return;
  const headers = { "HX-Request": "true", "X-Ahead": "true" };
  // Read to its end, or the browser keeps waiting for the rest.
  fetch(link.href, { headers, priority: "low" }).then((answer) => answer.text()).catch(() => {});
}
const soon = globalThis.requestIdleCallback ?? setTimeout;
addEventListener("load", () => soon(ahead));
document.addEventListener("htmx:afterSettle", () => soon(ahead));
// Somebody who looked at the page for longer is about to ask.
for (const event of ["pointerover", "focusin"]) {
  document.addEventListener(event, ({ target }) => target.closest?.("a[data-ahead]") && ahead());
}
