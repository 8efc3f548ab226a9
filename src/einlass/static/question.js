// SPDX-License-Identifier: Apache-2.0
// One question: options are shown for the kinds that have some, services where it is asked only for some. Without script all stand there.
const kind = document.querySelector("select[name=kind]");
const options = document.querySelector("[data-options]");
const some = document.querySelector(".some");
const scopes = [...document.querySelectorAll("input[name=for_services]")];

function show() {
  if (kind && options) options.hidden = !["choice", "several"].includes(kind.value);
  if (some) some.hidden = !scopes.some((scope) => scope.value === "some" && scope.checked);
}
for (const field of [kind, ...scopes]) field?.addEventListener("change", show);
show();
