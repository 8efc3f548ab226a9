// SPDX-License-Identifier: Apache-2.0
// A form that is on its way is not sent a second time by an impatient finger. Without script the database has the last word.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
