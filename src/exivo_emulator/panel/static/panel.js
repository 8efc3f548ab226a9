// SPDX-License-Identifier: Apache-2.0
// Keeps the panel fresh and sends its forms without a reload. The page works without this file; it only gets slower to use.
"use strict";

(() => {
  const EVERY = 2000;
  const shown = new Map();
  const offline = document.querySelector("[data-offline]");
  let turn = 0;
  let dragging = false;

  const parts = (root) => root.querySelectorAll("[data-part]");
  parts(document).forEach((part) => shown.set(part.dataset.part, part.outerHTML));

  // A part that somebody is using is left alone until the next round.
  const held = (part) => {
    const active = document.activeElement;
    if (part.dataset.part === "clock") return dragging;
    return part.contains(active) && active.matches("select, input[type=tel]");
  };

  const replace = (part, fresh) => {
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.querySelectorAll("details[id][open]").forEach((details) => fresh.querySelector(`#${details.id}`)?.setAttribute("open", ""));
    part.replaceWith(fresh);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };

  const show = (html, { byHand = false } = {}) => {
    parts(new DOMParser().parseFromString(html, "text/html")).forEach((fresh) => {
      const name = fresh.dataset.part;
      const part = document.querySelector(`[data-part="${name}"]`);
      const html = fresh.outerHTML;
      if (!part || shown.get(name) === html || (!byHand && held(part))) return;
      shown.set(name, html);
      replace(part, document.importNode(fresh, true));
    });
  };

  const ask = async (address, options, byHand) => {
    const mine = ++turn;
    try {
      const answer = await fetch(address, options);
      offline.hidden = true;
      const html = await answer.text();
      // An answer that a later question has overtaken would show an old state.
      if (!answer.ok || mine !== turn) return;
      if (byHand) history.replaceState(null, "", new URL(answer.url).search || "/");
      show(html, { byHand });
    } catch {
      offline.hidden = false;
    }
  };

  const send = (form, submitter) => {
    const fields = new URLSearchParams(new FormData(form));
    if (submitter?.name) fields.set(submitter.name, submitter.value);
    return form.method === "get" ? ask(`${form.action.split("?")[0]}?${fields}`, {}, true) : ask(form.action, { method: "POST", body: fields }, true);
  };

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.target, event.submitter);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    ask(link.href, {}, true);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("#nr, #regler")) {
      dragging = false;
      send(event.target.form);
    }
  });
  document.addEventListener("input", (event) => {
    if (!event.target.matches("#regler")) return;
    dragging = true;
    const minute = (Number(event.target.dataset.first) + Number(event.target.value)) % 1440;
    const text = [Math.floor(minute / 60), minute % 60].map((number) => String(number).padStart(2, "0")).join(":");
    event.target.setAttribute("aria-valuetext", text);
    event.target.classList.replace("away", "within");
    document.querySelector("[data-clock]").textContent = text;
  });

  setInterval(() => {
    if (!document.hidden && !dragging) ask(`/panel/state${location.search}`, {}, false);
  }, EVERY);
})();
