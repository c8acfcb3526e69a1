// Remembers a reader's handle in this browser only, and adds a button that copies the address. The page works without.
"use strict";
(() => {
  const key = "rundbrief-handle";
  const field = document.getElementById("handle");
  const address = document.getElementById("uri");
  const kept = { get: () => null, set: () => {}, forget: () => {} };
  try {
    const store = window.localStorage;
    kept.get = () => store.getItem(key);
    kept.set = (value) => store.setItem(key, value);
    kept.forget = () => store.removeItem(key);
  } catch { /* a browser that keeps nothing */ }

  const button = (text, place, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "plain";
    made.textContent = text;
    made.addEventListener("click", () => action(made));
    place.append(made);
  };
  const labels = document.currentScript.dataset;
  const known = document.querySelector("[data-handle]");
  try {
    if (known) kept.set(known.dataset.handle);
    const before = kept.get();
    if (field && !field.value && before) {
      field.value = before;
      button(labels.forget, field.parentElement, (self) => { kept.forget(); field.value = ""; self.remove(); field.focus(); });
    }
  } catch { /* a store that is full or forbidden */ }

  if (address && navigator.clipboard) {
    button(labels.copy, address.parentElement, async (self) => {
      await navigator.clipboard.writeText(address.value);
      self.textContent = labels.copied;
    });
  }
})();
