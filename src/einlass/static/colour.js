// SPDX-License-Identifier: Apache-2.0
// A colour is chosen by eye beside the field in which it is typed. Without script it is typed.
const typed = document.querySelector("[data-colour]");
const picker = document.querySelector("[data-picker]");

if (typed && picker) {
  picker.hidden = false;
  picker.addEventListener("input", () => {
    typed.value = picker.value;
    typed.dispatchEvent(new Event("input", { bubbles: true }));
  });
  typed.addEventListener("input", () => {
    if (/^#[0-9a-f]{6}$/i.test(typed.value)) picker.value = typed.value;
  });
}
