// SPDX-License-Identifier: Apache-2.0
// The order of a list by drag. The up and down buttons of each item post the form and work without script and by keyboard;
// with it the list stays in place, and the focus on the button that was pressed.
//
// <form method="post"><ul class="items" data-order>
//   <li data-key="bern" draggable="true"> … <span class="order"><button name="move" value="bern:up"> … <button name="move" value="bern:down">
// After a drag the whole order is posted as `order`, keys with commas. A page that holds the list inside of another form has
// <button name="move" form="…">, and that form is taken.
for (const list of document.querySelectorAll("[data-order]")) {
  const items = () => [...list.children].filter((item) => item.dataset.key);
  let dragged = null;
  let before = "";
  const order = () => items().map((item) => item.dataset.key).join(",");
  const mark = (item) => items().forEach((other) => other.classList.toggle("dropping", other === item));

  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-key]");
    if (!dragged || dragged.parentElement !== list) return void (dragged = null);
    before = order();
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.key);
  });
  list.addEventListener("dragover", (event) => {
    const over = dragged && event.target.closest("[data-key]");
    if (!over || over.parentElement !== list) return;
    event.preventDefault();
    if (over === dragged) return;
    const middle = over.getBoundingClientRect().top + over.offsetHeight / 2;
    list.insertBefore(dragged, event.clientY < middle ? over : over.nextElementSibling);
    mark(dragged);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
  list.addEventListener("dragend", () => {
    mark(null);
    const moved = dragged && order() !== before;
    dragged = null;
    if (moved) post(list, order());
  });
}

function post(list, order) {
  const form = list.querySelector("button[name=move]")?.form;
  if (!form) return;
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "order", value: order });
  form.append(field);
  form.requestSubmit();
}

// The page comes back after a move: the same button, or the other one of the pair where the item is at its end, gets the focus.
const KEPT = "einlass-moved";
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[name=move]");
  if (button) sessionStorage.setItem(KEPT, button.value);
});
const moved = sessionStorage.getItem(KEPT);
if (moved) {
  sessionStorage.removeItem(KEPT);
  const [key, way] = moved.split(":");
  const other = way === "up" ? "down" : "up";
  const found = [way, other].map((to) => document.querySelector(`button[name=move][value="${CSS.escape(key)}:${to}"]`));
  found.find((button) => button && button.getAttribute("aria-disabled") !== "true")?.focus();
}
