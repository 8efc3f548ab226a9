// SPDX-License-Identifier: Apache-2.0
// One service: rooms change places without a page in between, and what a booking opens is shown as soon as something is chosen.
// Without script the buttons post the form and the page comes back with everything typed.
for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;

const rooms = document.querySelector(".rooms");
rooms?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=move]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("li");
  const up = button.value.endsWith(":up");
  const other = up ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  rooms.insertBefore(up ? item : other, up ? other : item);
  [...rooms.children].forEach((each, at, all) => {
    const [first, second] = each.querySelectorAll("button[name=move]");
    first.toggleAttribute("aria-disabled", at === 0);
    second.toggleAttribute("aria-disabled", at === all.length - 1);
    if (at === 0) first.setAttribute("aria-disabled", "true");
    if (at === all.length - 1) second.setAttribute("aria-disabled", "true");
  });
  button.focus();
  rooms.dispatchEvent(new Event("moved", { bubbles: true }));
});
