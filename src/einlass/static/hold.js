// SPDX-License-Identifier: Apache-2.0
// Within somebody else's page no cookie is set; there the tab remembers the visitor's hold for the way back. Without it nothing breaks:
// his own time then looks taken until the hold runs out.
const form = document.querySelector("form[data-service]");
const name = `hold-${form?.dataset.service}`;

function remember() {
  if (form.dataset.hold) sessionStorage.setItem(name, form.dataset.hold);
}
function goBack() {
  const here = new URL(location.href);
  const hold = sessionStorage.getItem(name);
  if (!hold || here.searchParams.get("hold") === hold) return;
  here.searchParams.set("hold", hold);
  location.replace(here);
}
addEventListener("pageshow", () => {
  try {
    if (form) (form.id === "who" ? remember : goBack)();
  } catch {
    // The browser keeps nothing for pages within pages.
  }
});
