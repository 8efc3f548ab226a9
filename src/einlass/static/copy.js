// SPDX-License-Identifier: Apache-2.0
// Buttons that copy a field. Without a clipboard they stay hidden, and the field can be copied by hand.
"use strict";
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(field.value);
        button.textContent = button.dataset.copied;
      } catch {
        field.select();
      }
    });
  }
}
