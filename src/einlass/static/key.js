// SPDX-License-Identifier: Apache-2.0
// The key card asks for its state: soon at first, less and less often while nothing changes, at once when the key begins or stops to
// open, and never while nobody looks. Without script there is a link that does it.
"use strict";
const GROWTH = 1.5;
let timer, pause, most, turn;

function card() {
  return document.querySelector("#key[data-ask]");
}

function plan() {
  clearTimeout(timer);
  if (!card() || document.hidden) return;
  const left = turn - performance.now();
  timer = setTimeout(ask, left > 0 ? Math.min(pause, left) : pause);
}

function ask() {
  card()?.dispatchEvent(new Event("ask"));
  pause = Math.min(pause * GROWTH, most);
  plan();
}

function begin() {
  const facts = card()?.dataset;
  if (!facts) return clearTimeout(timer);
  pause = facts.ask * 1000;
  most = facts.askMost * 1000;
  turn = facts.turns ? performance.now() + facts.turns * 1000 : 0;
  plan();
}

document.addEventListener("htmx:afterSettle", begin);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return plan();
  if (!card()) return;
  pause = card().dataset.ask * 1000;
  ask();
});
begin();
