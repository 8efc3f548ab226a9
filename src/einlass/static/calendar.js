// SPDX-License-Identifier: Apache-2.0
// A booking is dragged onto free time: its page for moving opens with time and room filled in, and asks. Its link does the same.
let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-move]") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.move);
});

document.addEventListener("dragover", (event) => {
  const cell = dragged && event.target.closest("[data-start]");
  if (!cell) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  cell.classList.add("over");
});

document.addEventListener("dragleave", (event) => event.target.closest?.("[data-start]")?.classList.remove("over"));

document.addEventListener("dragend", () => {
  dragged = null;
  for (const cell of document.querySelectorAll(".over")) cell.classList.remove("over");
});

document.addEventListener("drop", (event) => {
  const cell = dragged && event.target.closest("[data-start]");
  if (!cell) return;
  event.preventDefault();
  const wanted = new URLSearchParams({ start: cell.dataset.start, room: cell.dataset.room });
  location.assign(`${dragged.dataset.move}?${wanted}`);
});
