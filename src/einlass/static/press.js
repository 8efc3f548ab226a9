// SPDX-License-Identifier: Apache-2.0
// Times that arrive while a finger lies on "Continue" bring a new button in the place of the pressed one, and browsers then forget the press.
let pressed = null;
addEventListener("pointerdown", ({ target }) => {
  pressed = target.closest?.(".next-bar .btn");
});
addEventListener("pointerup", ({ clientX, clientY }) => {
  const below = document.elementFromPoint(clientX, clientY)?.closest(".next-bar .btn");
  if (pressed && !pressed.isConnected) below?.click();
  pressed = null;
});
