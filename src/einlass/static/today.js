// SPDX-License-Identifier: Apache-2.0
// The day is fetched again every minute. An answer without it (signed out meanwhile) is never put in its place.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status !== 200 || event.detail.xhr.responseText.includes('id="day"')) return;
  event.detail.shouldSwap = false;
  location.reload();
});
