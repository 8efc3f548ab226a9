// SPDX-License-Identifier: Apache-2.0
// A switch does what its button does; the button stays for those without script.
for (const form of document.querySelectorAll("form[data-switch]")) {
  form.querySelector("[role=switch]").addEventListener("change", () => form.requestSubmit());
}
