// Intake: what is recognised goes into fields that nobody has filled in; what somebody types or
// chooses while an answer is on its way stays as it is.
(() => {
  "use strict";
  const form = document.getElementById("intake");
  if (!form) return;
  const named = (name, root = form) => [...root.querySelectorAll(`[name="${name}"]`)];
  let kept = [];

  const held = (root) =>
    [...root.querySelectorAll("input, textarea, select")]
      .filter((field) => (field.type === "radio" ? field.checked && field.dataset.chosen : field.value !== field.defaultValue))
      .map((field) => [field.name, field.value, field.type]);

  form.addEventListener("change", (event) => {
    if (event.target.type !== "radio" && event.target.tagName !== "SELECT") return;
    for (const other of named(event.target.name)) delete other.dataset.chosen;
    event.target.dataset.chosen = "yes";
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    kept = form.contains(event.detail.target) ? held(event.detail.target) : [];
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!form.contains(event.detail.target)) return;
    for (const [name, value, type] of kept) {
      for (const field of named(name, event.detail.target)) {
        if (type !== "radio") field.value = value;
        else if (field.value === value) { field.checked = true; field.dataset.chosen = "yes"; }
      }
    }
    if (event.detail.target.id === "heard") fill(event.detail.target);
  });

  const fill = (heard) => {
    for (const item of heard.querySelectorAll("[data-field]")) {
      const value = item.textContent;
      for (const field of named(item.dataset.field)) {
        if (field.type === "radio") {
          const touched = named(field.name).some((one) => one.dataset.chosen);
          if (!touched && field.value === value) field.checked = true;
        } else if (field.tagName === "SELECT") {
          if (!field.dataset.chosen) field.value = value;
        } else if (!field.value) {
          field.value = value;
          if (field.name === "who") field.dispatchEvent(new Event("input", { bubbles: true }));
        }
      }
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.key !== "Enter") return;
    if (event.ctrlKey || event.metaKey) {
      const button = form.querySelector("[data-enter]");
      if (button) { event.preventDefault(); button.click(); }
    } else if (event.target.id === "f-who") {
      event.preventDefault();
      const first = form.querySelector("#callers input:checked") || form.querySelector("#callers input");
      if (first) first.focus();
    }
  });
})();
