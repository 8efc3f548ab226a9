// SPDX-License-Identifier: Apache-2.0
// Making a passkey and signing in with one: the options stand in the form, the answer goes into its hidden field.
"use strict";
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const opened = (list) => (list || []).map((item) => ({ ...item, id: bytes(item.id) }));

async function ask(form) {
  const options = JSON.parse(form.dataset.options).publicKey;
  options.challenge = bytes(options.challenge);
  if (form.dataset.passkey === "create") {
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = opened(options.excludeCredentials);
    return navigator.credentials.create({ publicKey: options });
  }
  options.allowCredentials = opened(options.allowCredentials);
  return navigator.credentials.get({ publicKey: options });
}

function written(key) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (key.response[part]) response[part] = text(key.response[part]);
  }
  return JSON.stringify({
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    authenticatorAttachment: key.authenticatorAttachment,
    clientExtensionResults: key.getClientExtensionResults(),
    response,
  });
}

for (const form of window.PublicKeyCredential ? document.querySelectorAll("form[data-passkey]") : []) {
  const failed = form.querySelector("[data-failed]");
  form.querySelector("[data-without]").hidden = true;
  form.querySelector("button").disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    try {
      form.elements.credential.value = written(await ask(form));
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
