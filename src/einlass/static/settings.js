// SPDX-License-Identifier: Apache-2.0
// The bar of unsaved changes says what they will do. Without script the page works the same, and says it after saving.
const bar = document.querySelector("[data-savebar]");
const form = bar?.closest("form");

function changed(field) {
  if (!field.name || field.type === "hidden" || field.type === "submit") return false;
  if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.value !== field.defaultValue;
}

function labelOf(field) {
  const row = field.closest("[data-label], .frow, fieldset, tr");
  const named = row?.dataset.label ?? row?.querySelector("legend, label, .label, th")?.textContent ?? field.name;
  return named.replace(/\(.*?\)/g, "").trim();
}

function tell() {
  const fields = [...form.elements].filter(changed);
  const labels = [...new Set(fields.map(labelOf))];
  const count = labels.length;
  bar.classList.toggle("dirty", count > 0);
  bar.querySelector("[data-count]").textContent = count === 0 ? "" : count === 1 ? bar.dataset.one : bar.dataset.many.replace("#", count);
  const keys = bar.dataset.coming && fields.some((field) => field.closest("[data-doors]"));
  const concerns = keys ? `, ${bar.dataset.keys.replace("#", bar.dataset.coming)}` : "";
  bar.querySelector("[data-what]").textContent = count ? labels.join(", ") + concerns : "";
}

if (form) {
  for (const kind of ["input", "change"]) form.addEventListener(kind, tell);
  form.addEventListener("reset", () => setTimeout(tell));
  tell();
}
