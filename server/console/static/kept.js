// What somebody typed is kept in this tab until the server has it: through a session that ended
// meanwhile, a server that cannot be reached, and the way back. Passwords never are.
(() => {
  "use strict";
  const KEY = "fieldfare-kept";
  const body = document.body;
  const here = () => location.pathname + location.search;
  const read = () => { try { return JSON.parse(sessionStorage.getItem(KEY)); } catch { return null; } };
  const write = (kept) => { try { sessionStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* full, or forbidden: then it is as before */ } };
  const drop = () => { try { sessionStorage.removeItem(KEY); } catch { /* nothing was kept */ } };
  const choice = (field) => field.type === "radio" || field.type === "checkbox";
  const typed = (form) => [...form.elements]
    .filter((field) => field.name && field.tagName !== "BUTTON" && !/^(password|hidden|file|submit)$/.test(field.type))
    .map((field) => [field.name, field.value, choice(field) ? field.checked : null]);
  const keep = (form) => write({ who: body.dataset.who, path: here(), action: form.getAttribute("action"), fields: typed(form), away: false });

  let leaves = false;
  if (body.dataset.who) {
    document.addEventListener("submit", (event) => {
      const form = event.target, action = form.getAttribute("action");
      if (form.method !== "post" || form.hasAttribute("hx-post")) return;
      if (action === "/sign-out") { leaves = true; drop(); return; }
      if (!document.querySelector(".lost") || form.dataset.tried) { delete form.dataset.tried; keep(form); return; }
      // The server was not heard lately: ask whether it is there before this page is left.
      event.preventDefault();
      event.stopImmediatePropagation();
      const button = event.submitter;
      fetch("/health", { cache: "no-store" }).then((answer) => {
        if (!answer.ok) throw new Error("unwell");
        form.dataset.tried = "yes";
        form.requestSubmit(button);
      }).catch(() => tell(body.dataset.unsent));
    }, true);
    window.addEventListener("pagehide", () => {
      const form = document.querySelector('form[method="post"][data-changed="yes"]');
      if (form && !leaves) keep(form);
    });
  }

  const tell = (words) => {
    const place = document.getElementById("toasts");
    if (!place) return;
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.setAttribute("role", "status");
    toast.append(Object.assign(document.createElement("span"), { textContent: words }));
    place.replaceChildren(toast);
  };
  const formOf = (action) => [...document.forms].find((form) => form.method === "post" && form.getAttribute("action") === action);
  const fill = (form, fields, within) => {
    for (const [name, value, checked] of fields) {
      for (const field of form.elements) {
        if (field.name !== name || !within.contains(field)) continue;
        if (checked === null) field.value = value;
        else if (field.value === value) field.checked = checked;
        else continue;
        if (field.checked && field.type === "radio") field.dataset.chosen = "yes";
      }
    }
  };
  const restore = (kept) => {
    const form = formOf(kept.action);
    if (!form) return;
    fill(form, kept.fields, form);
    form.dataset.changed = "yes";
    // What the page looks up for itself from what was typed, it looks up again.
    const until = performance.now() + 5000;
    document.addEventListener("htmx:afterSwap", (event) => {
      if (performance.now() > until || !form.contains(event.detail.target)) return;
      fill(form, kept.fields, event.detail.target);
      for (const field of event.detail.target.querySelectorAll("input[type=radio][hx-post]:checked")) {
        if (!field.defaultChecked) field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
    for (const field of form.querySelectorAll("input[type=text][hx-post], textarea[hx-post]")) {
      if (field.value) field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    tell(body.dataset.kept);
  };

  const kept = read();
  const sign_in = formOf("/sign-in");
  if (sign_in && kept) {
    write({ ...kept, away: true });
    sign_in.elements.back.value = kept.path;
    const word = document.getElementById("kept");
    if (word) word.hidden = false;
  } else if (body.dataset.who) {
    drop();
    const [how] = performance.getEntriesByType("navigation");
    const again = kept && (kept.away || how?.type === "back_forward");
    if (again && kept.who === body.dataset.who && kept.path === here()) restore(kept);
  }
})();
