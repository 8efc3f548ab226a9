// SPDX-License-Identifier: Apache-2.0
// A page of ours within somebody else's tells that one how high it is, that another page was opened, and what was booked.
"use strict";
(() => {
  const { origins, prefix } = document.body.dataset;
  const around = location.ancestorOrigins?.[0];
  // Browsers that do not name the page around us get it told for each that may be there, and deliver it to the right one.
  const listeners = origins.split(" ").filter((origin) => origin && (!around || origin === around));
  const tell = (message) => {
    if (parent !== window) for (const origin of listeners) parent.postMessage(message, origin);
  };

  tell({ einlass: "page" });
  new ResizeObserver(() => {
    tell({ einlass: "height", height: Math.ceil(document.body.getBoundingClientRect().height) });
  }).observe(document.body);

  const booked = document.querySelector("[data-booked]");
  if (booked) {
    const { booked: reference, service, start, end } = booked.dataset;
    tell({ einlass: "booked", detail: { reference, service, start, end } });
  }

  // What is not one of these pages has no place in a frame: stores, directions, telephone, the operator's own pages.
  const leaves = (link) => link.origin !== location.origin || !link.pathname.startsWith(prefix);
  const openElsewhere = () => {
    for (const link of document.querySelectorAll("a[href]:not([target])")) {
      if (!leaves(link)) continue;
      link.target = "_blank";
      link.rel = "noopener";
      link.setAttribute("aria-describedby", "new-tab");
    }
  };
  openElsewhere();
  document.addEventListener("htmx:load", openElsewhere);

  // Browsers ignore `autofocus` in frames of another origin. Only where the visitor is in the frame already.
  if (document.hasFocus()) document.querySelector("[autofocus]")?.focus({ preventScroll: true });
})();
