// SPDX-License-Identifier: Apache-2.0
// A click on a placeholder puts it where one was writing last. Without script they are a list to read, and the preview has a button.
for (const hidden of document.querySelectorAll("[data-without-script]")) hidden.hidden = true;
for (const shown of document.querySelectorAll("[data-with-script]")) shown.hidden = false;

const fields = [...document.querySelectorAll(".in-language input, .in-language textarea")];
let last = document.querySelector(".in-language textarea");
for (const field of fields) field.addEventListener("focus", () => (last = field));

for (const code of document.querySelectorAll("[data-insert]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link mono";
  button.textContent = code.textContent;
  code.replaceWith(button);
  button.addEventListener("click", () => {
    last.setRangeText(button.textContent, last.selectionStart, last.selectionEnd, "end");
    last.focus();
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
