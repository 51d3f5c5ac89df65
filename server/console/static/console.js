// The console's own script: shortcuts, the side panel, live updates, focus. Everything works without
// it too, by links and plain forms.
(() => {
  "use strict";
  const body = document.body;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const isTyping = (at) =>
    at instanceof HTMLElement &&
    (at.isContentEditable || (/^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName) && !/^(checkbox|radio|button|submit)$/.test(at.type)));
  const say = (words) => { const place = one("#say"); if (place) place.textContent = words; };

  // Forms: a second click sends nothing, and what was typed is not lost by a careless key.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    form.dataset.changed = "";
  });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.method === "post") form.dataset.changed = "yes";
  });
  window.addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // A script that fills a part of the page shows the token of this session.
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = body.dataset.csrf || "";
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    if (target.id !== "panel") return;
    const head = one("h2, h3", target);
    if (head) { head.tabIndex = -1; head.focus({ preventScroll: true }); }
    marked();
  });
  const marked = () => {
    const open = one("#panel [data-panel]");
    all("tr.sel, .case.sel").forEach((row) => row.classList.remove("sel"));
    const row = open && document.getElementById(open.dataset.panel);
    if (row) row.classList.add("sel");
  };

  // The side panel closes without leaving the list.
  const close = () => {
    const panel = one("#panel");
    const link = panel && one("[data-close]", panel);
    if (!link) return false;
    const open = one("[data-panel]", panel);
    const row = open && document.getElementById(open.dataset.panel);
    panel.replaceChildren();
    history.pushState({}, "", link.getAttribute("href"));
    marked();
    const again = row && one("a", row);
    if (again) again.focus();
    return true;
  };

  // Lists: arrows, j and k move, Enter opens.
  const step = (by) => {
    const rows = all("[data-list] a[data-row], [data-list] tr > td a.cover").filter((link) => link.offsetParent);
    if (!rows.length) return false;
    const at = rows.indexOf(document.activeElement);
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  };

  // Help: the page of shortcuts, shown over this one.
  const help = async () => {
    const link = one("[data-help]");
    const sheet = one("#help");
    if (!link || !sheet) return;
    if (!sheet.firstChild) {
      const answer = await fetch(link.href, { headers: { "HX-Target": "main", "X-Live": "1" } });
      if (!answer.ok) { location.href = link.href; return; }
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      const part = one("[data-sheet]", found);
      if (!part) { location.href = link.href; return; }
      sheet.append(document.adoptNode(part));
    }
    sheet.showModal();
  };

  let going = 0;
  const KEYS = {
    "/": () => { const field = one("#search"); if (field) { field.focus(); field.select(); } return Boolean(field); },
    n: () => { const link = one("#new"); if (link) link.click(); return Boolean(link); },
    g: () => { going = Date.now(); return true; },
    "?": () => { help(); return true; },
    z: () => { const button = one("[data-undo]"); if (button) button.click(); return Boolean(button); },
    j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1),
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const open = one("dialog[open]");
    if (event.key === "Escape") {
      if (open) return;
      const menu = one("details.menu[open]");
      if (menu) { menu.open = false; one("summary", menu).focus(); return; }
      if (isTyping(event.target)) { event.target.blur(); return; }
      if (close()) event.preventDefault();
      return;
    }
    if (open || isTyping(event.target)) return;
    if (going && Date.now() - going < 1500) {
      going = 0;
      const stop = one(`[data-go="${CSS.escape(event.key)}"]`);
      if (stop) { event.preventDefault(); stop.click(); }
      return;
    }
    if (/^Arrow/.test(event.key) && event.target.closest("[data-own-keys], summary, [role=radiogroup], .seg")) return;
    const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
    if (act && act()) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const at = event.target instanceof Element ? event.target : null;
    if (!at) return;
    const menu = one("details.menu[open]");
    if (menu && !menu.contains(at)) menu.open = false;
    if (at === one("#help[open]")) one("#help").close();
    if (at.closest("[data-dismiss]")) { const toast = at.closest(".toast"); if (toast) toast.remove(); }
    if (at.closest("[data-shut]")) { const sheet = at.closest("dialog"); if (sheet) { event.preventDefault(); sheet.close(); } }
    if (at.closest("[data-print]")) window.print();
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (at.closest("[data-help]") && one("#help")) { event.preventDefault(); help(); }
    if (at.closest("#panel [data-close]") && close()) event.preventDefault();
    const bar = at.closest("[data-show]");
    if (bar) show(bar);
  });

  // Live: the server says which things changed; the page asks for itself anew and takes over what
  // nobody is using. Rows stay where they are; what is new waits behind a bar.
  const stale = new Set();
  let asked = 0, everything = false;
  const regions = () => all("[data-live-of], [data-live-thing]");
  const concerns = (region, things, any) => {
    if (any) return true;
    const nouns = (region.dataset.liveOf || "").split(" ");
    const mine = (region.dataset.liveThing || "").split(" ");
    return things.some((thing) => nouns.includes(thing.split(":")[0]) || mine.includes(thing));
  };
  const heard = (told) => {
    for (const thing of told.things) stale.add(thing);
    everything = everything || Boolean(told.all);
    if (!regions().some((region) => concerns(region, told.things, told.all)) && !one(".rail .count, [data-go]")) return;
    clearTimeout(asked);
    asked = setTimeout(look, 250 + Math.random() * 500);
  };
  const drawn = async (address) => {
    try {
      const answer = await fetch(address, { headers: { "X-Live": "1" } });
      if (!answer.ok || answer.redirected) return null;
      return new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch { return null; }
  };
  const look = async () => {
    if (document.hidden) { asked = setTimeout(look, 1000); return; }
    const things = [...stale], any = everything;
    stale.clear(); everything = false;
    const found = await drawn(location.href);
    if (!found) return;
    counts(found);
    for (const region of regions()) {
      if (!region.id || !concerns(region, things, any)) continue;
      const from = region.dataset.liveFrom;  // a page that was posted cannot be asked for anew
      const fresh = (from ? await drawn(from) : found)?.getElementById(region.id);
      if (!fresh) continue;
      if (region.dataset.liveThing) whole(region, fresh); else rows(region, fresh);
    }
    body.dispatchEvent(new CustomEvent("console:live", { bubbles: true }));
  };
  const counts = (found) => {
    for (const stop of all(".rail [data-go]")) {
      const fresh = one(`.rail [data-go="${stop.dataset.go}"] .pill`, found);
      const pill = one(".pill", stop);
      if (fresh && pill && fresh.innerHTML !== pill.innerHTML) pill.replaceWith(document.adoptNode(fresh));
    }
  };
  const inUse = (element) =>
    element.contains(document.activeElement) && document.activeElement !== document.body ||
    element.matches(":hover") && Boolean(one("form, select, input, textarea, [draggable=true]", element)) ||
    all("form", element).some((form) => form.dataset.changed === "yes") ||
    all("select", element).some((field) => field.value !== "" && !all("option", field).some((option) => option.defaultSelected && option.selected) && field.selectedIndex > 0) ||
    Boolean(one("details[open], dialog[open]", element));
  // What the server drew: without the ids of this drawing, and the keys' way through it.
  const plain = (element) => element.innerHTML.replace(/name="(op|csrf)" value="[^"]*"| tabindex="-?\d" data-roving="(?:yes)?"/g, "");
  // What it says, but for how long ago: a clock that went on is no news.
  const words = (element) => {
    const bare = element.cloneNode(true);
    all(".clock, time", bare).forEach((one) => one.remove());
    return plain(bare);
  };
  const take = (old, fresh) => {
    if (plain(old) === plain(fresh) && old.className.replace(" fresh", "") === fresh.className) return false;
    const focused = old.contains(document.activeElement);
    if (focused && one("form", old)) return null;
    const place = focused && all("a, button", old).indexOf(document.activeElement);
    const chosen = old.classList.contains("sel");
    const told = words(old) !== words(fresh);
    const copy = document.adoptNode(fresh);
    old.replaceWith(copy);
    if (told || old.classList.contains("fresh")) copy.classList.add("fresh");
    if (chosen) copy.classList.add("sel");
    if (window.htmx) window.htmx.process(copy);
    if (focused) { const again = all("a, button", copy)[place]; if (again) again.focus({ preventScroll: true }); }
    return true;
  };
  const rows = (region, fresh) => {
    const known = new Map(all("[data-thing]", region).map((row) => [row.id, row]));
    let missing = 0;
    for (const row of all("[data-thing]", fresh)) {
      const old = known.get(row.id);
      if (!old) { missing += 1; continue; }
      known.delete(row.id);
      if (!inUse(old) || !one("form, select, input, textarea", old)) take(old, row);
    }
    for (const row of known.values()) row.classList.add("gone");
    for (const part of all("[data-live-part]", region)) {
      const now = part.id && fresh.querySelector(`#${CSS.escape(part.id)}`);
      if (now && plain(now) !== plain(part) && !inUse(part)) part.replaceWith(document.adoptNode(now));
    }
    bar(region, missing, known.size);
  };
  // Around what somebody is typing in, the rest is taken over all the same: whether all of it was.
  const pieces = (region, fresh) => {
    const old = all(".card, .wo-head", region), now = all(".card, .wo-head", fresh);
    if (!old.length || old.length !== now.length) return false;
    let whole = true;
    old.forEach((piece, place) => {
      if (plain(piece) === plain(now[place])) return;
      if (inUse(piece)) { whole = false; return; }
      const copy = document.adoptNode(now[place]);
      piece.replaceWith(copy);
      if (window.htmx) window.htmx.process(copy);
    });
    return whole;
  };
  const whole = (region, fresh) => {
    if (plain(region) === plain(fresh)) return;
    if (inUse(region)) { if (!pieces(region, fresh)) bar(region, 1, 0); return; }
    const scroll = region.scrollTop;
    const copy = document.adoptNode(fresh);
    region.replaceWith(copy);
    copy.scrollTop = scroll;
    if (window.htmx) window.htmx.process(copy);
  };
  const bar = (region, missing) => {
    const button = one("[data-show]", region) || one(`[data-show="${region.id}"]`);
    if (!button || !missing) return;
    const words = missing === 1 ? button.dataset.one : button.dataset.many.replace("#", String(missing));
    one("span", button).textContent = words;
    button.hidden = false;
    say(words);
  };
  const show = async (button) => {
    const region = button.closest("[data-live-of], [data-live-thing]") || document.getElementById(button.dataset.show);
    const answer = region && await fetch(location.href, { headers: { "X-Live": "1" } });
    if (!answer || !answer.ok) { location.reload(); return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(region.id);
    if (!fresh) { location.reload(); return; }
    const before = new Set(all("[data-thing]", region).map((row) => row.id));
    const copy = document.adoptNode(fresh);
    region.replaceWith(copy);
    all("[data-thing]", copy).forEach((row) => { if (!before.has(row.id)) row.classList.add("fresh"); });
    if (window.htmx) window.htmx.process(copy);
    marked();
    const first = one("a, button", copy);
    if (first) first.focus({ preventScroll: true });
  };

  let source = null, trouble = 0, last = "";
  const lost = (is, words = body.dataset.failed) => {
    let place = one(".lost");
    if (!is) { if (place) place.remove(); return; }
    if (place) { place.textContent = words; return; }
    place = document.createElement("p");
    place.className = "lost";
    place.setAttribute("role", "status");
    place.textContent = words;
    body.append(place);
  };
  const listen = () => {
    const from = new URL(body.dataset.live, location.href);
    if (last) from.searchParams.set("mark", last);
    source = new EventSource(from);
    source.addEventListener("open", () => { clearTimeout(trouble); trouble = 0; lost(false); body.dataset.heard = "yes"; });
    source.addEventListener("changed", (event) => { last = event.lastEventId; heard(JSON.parse(event.data)); });
    source.addEventListener("error", () => {
      body.dataset.heard = "";
      if (!trouble) trouble = setTimeout(() => lost(true), 4000);
      if (source.readyState === EventSource.CLOSED) setTimeout(again, 3000 + Math.random() * 4000);
    });
  };
  // Closed for good: either the server is gone for a while, or this session is.
  const again = async () => {
    try {
      const answer = await fetch("/account", { headers: { "X-Live": "1" } });
      const led = new URL(answer.url).pathname;
      if (led !== "/account") { clearTimeout(trouble); lost(led === "/sign-in", body.dataset.over); return; }
    } catch { /* not there: listen, and hear when it is */ }
    if (document.hidden) rest(); else listen();
  };
  // A browser has six lines to one server: a tab that nobody looks at gives its own back.
  const rest = () => {
    if (source) source.close();
    source = null;
    body.dataset.heard = "";
    clearTimeout(trouble);
    trouble = 0;
  };
  if (body.dataset.live && window.EventSource) {
    if (!document.hidden) listen();
    window.addEventListener("pagehide", () => source && source.close());
    window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) rest(); else if (!source) listen();
    });
  }
  // A code that ends: counts down, and says so when it is over.
  for (const place of all("[data-left]")) {
    const ends = performance.now() + Number(place.dataset.left);
    const words = place.textContent;
    const tick = () => {
      const left = Math.ceil((ends - performance.now()) / 1000);
      if (left <= 0) { place.textContent = place.dataset.over; place.classList.add("t-danger"); return; }
      place.textContent = `${words} · ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      setTimeout(tick, 1000);
    };
    tick();
  }
  // A text is copied where the browser allows it; elsewhere its button stays hidden.
  const copyable = () => { if (navigator.clipboard) all("[data-copy][hidden]").forEach((button) => { button.hidden = false; }); };
  copyable();
  new MutationObserver(copyable).observe(body, { childList: true, subtree: true });
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-copy]");
    if (!button) return;
    const from = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(from.value || from.textContent);
    one("span", button).textContent = button.dataset.done;
    say(button.dataset.done);
  });

  // What no act tells of, such as when a phone was last heard of, is looked at now and then.
  if (one("[data-live-every]")) setInterval(() => heard({ things: [], all: true }), 60000);

  marked();
  const toast = one("#toasts .toast");
  if (toast && !one("[data-undo]", toast)) setTimeout(() => toast.remove(), 8000);
})();
