// The board: a visit is moved with the mouse, a finger or the keys. Without this script the same is
// done by the form behind every bar.
(() => {
  "use strict";
  const QUARTERS = 48, QUARTER = 15, START_PX = 4, DAY_END = 24 * 60;
  const board = () => document.getElementById("board");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const MINE = "#board .job, #board .cardlink";
  let held = null; // what is being moved: {from, order, visit, minutes, ...}, and where it would lie

  const word = (name, params = {}) => {
    const key = "w" + name.split("_").map((part) => part[0].toUpperCase() + part.slice(1)).join("");
    return (board().dataset[key] || "").replace(/\{(\w+)\}/g, (_, given) => params[given] ?? "…");
  };
  const say = (words) => { const place = document.getElementById("say"); if (place) place.textContent = words; };
  const warn = (words) => {
    const place = document.getElementById("drop-word");
    if (!place) return;
    place.textContent = words;
    place.hidden = !words;
  };
  const clock = (minutes) => `${String(Math.floor(minutes / 60) % 24).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  const first = () => Number(board().dataset.first) * 60;
  const lanes = () => all(".lane", board());
  const name = (link) => link.dataset.no || link.title.split(" · ")[0];

  const lift = (link) => {
    const told = new URL(link.href, location.href).searchParams;
    const lane = link.closest(".lane");
    const minutes = Number(link.dataset.m) || 60;
    return {
      link, lane, minutes, moved: false,
      order: told.get("order") || "", visit: told.get("visit") || "", seen: link.dataset.n,
      holding: link.dataset.h ?? (lane ? lane.dataset.p : ""),
      skill: link.dataset.skill || "", skill_name: link.dataset.skillName || "", number: name(link), title: link.querySelector("b").textContent,
      wasLane: lane, wasStart: lane ? Number(link.dataset.s) : null,
      start: lane ? Number(link.dataset.s) : Math.max(first(), first() + Math.ceil((Number(board().dataset.now) || 0) / QUARTER) * QUARTER),
      nobody: false,
    };
  };

  // Where it would lie: a dashed bar, and whether that is possible.
  const refusal = () => {
    if (!held) return "";
    if (held.nobody) return "";
    if (!held.lane) return word("outside_drop");
    const needs = held.skill, has = held.lane.dataset.skills.split("|");
    if (needs && held.lane !== held.wasLane && !has.includes(needs)) return word("no_skill", { name: held.lane.dataset.name, skill: held.skill_name });
    const moved = held.lane !== held.wasLane || held.start !== held.wasStart;
    const now = board().dataset.now;
    const over = board().dataset.late || (now !== "" && held.start + held.minutes <= first() + Number(now));
    return moved && over ? word("past") : "";
  };
  const overlaps = () => held.lane && all(".job", held.lane).some((one) => {
    if (one === held.link || one.classList.contains("ghost") || one.classList.contains("done") || one.classList.contains("ended")) return false;
    const start = Number(one.dataset.s);
    return start < held.start + held.minutes && start + Number(one.dataset.m) > held.start;
  });
  const clear = () => {
    all(".job.ghost", board()).forEach((one) => one.remove());
    all(".over, .refuses", board()).forEach((one) => one.classList.remove("over", "refuses"));
    document.getElementById("un")?.classList.remove("target");
  };
  const draw = () => {
    clear();
    if (!held) return;
    held.link.classList.add("lifted");
    if (held.nobody) { document.getElementById("un")?.classList.add("target"); return; }
    if (!held.lane) return;
    const left = Math.round((held.start - first()) / QUARTER);
    const x = Math.min(Math.max(left, 0), QUARTERS - 1);
    const w = Math.max(1, Math.min(Math.round(held.minutes / QUARTER), QUARTERS - x));
    const bad = refusal() !== "";
    const ghost = document.createElement("span");
    ghost.className = `job ghost x${x} w${w}${bad ? " bad" : ""}`;
    const title = document.createElement("b"), time = document.createElement("i");
    title.textContent = held.title; time.textContent = clock(held.start);
    ghost.append(title, time);
    held.lane.append(ghost);
    held.lane.classList.add(bad ? "refuses" : "over");
  };
  const put = (lane, start) => {
    held.nobody = false; held.lane = lane;
    const latest = Math.min(first() + QUARTERS * QUARTER, DAY_END - 1) - Math.min(held.minutes, QUARTER);
    held.start = Math.min(Math.max(start, first()), latest);
    draw();
  };
  const tell = () => {
    if (held.nobody) { say(document.querySelector("#un h2").textContent); return; }
    const where = word("put_at", { name: held.lane.dataset.name, start: clock(held.start), end: clock(held.start + held.minutes) });
    const why = refusal();
    say([where, why || (overlaps() ? word("overlap") : "")].filter(Boolean).join(", "));
  };
  const let_go = () => {
    if (held) held.link.classList.remove("lifted");
    clear();
    document.documentElement.classList.remove("dragging");
    held = null;
  };

  // A drop: a question where the books need an answer, then the form, and the board as it is then.
  const ask = (id, attribute) => new Promise((answer) => {
    const sheet = document.getElementById(id);
    let given = "";
    const chosen = (event) => { const button = event.target.closest("button"); if (button) { given = button.dataset[attribute]; sheet.close(); } };
    sheet.addEventListener("click", chosen);
    sheet.addEventListener("close", () => { sheet.removeEventListener("click", chosen); answer(given); }, { once: true });
    sheet.showModal();
  });
  const drop = async () => {
    const what = held, why = refusal();
    if (!what) return;
    if (why) { warn(why); say(why); let_go(); what.link.focus(); return; }
    const stays = !what.nobody && what.lane === what.wasLane && what.start === what.wasStart;
    if (stays || (what.nobody && !what.wasLane)) { let_go(); say(word("left")); return; }
    let fault = "company";
    held = { ...what, asking: true };
    if (what.nobody) {
      if (!(await ask("back", "yes"))) { let_go(); say(word("left")); what.link.focus(); return; }
    } else if (what.visit && what.start !== what.wasStart) {
      const line = document.getElementById("wish-what");
      line.textContent = `${what.number}: ${word("put_at", { name: what.lane.dataset.name, start: clock(what.start), end: clock(what.start + what.minutes) })}`;
      fault = await ask("wish", "fault");
      if (!fault) { let_go(); say(word("left")); what.link.focus(); return; }
    }
    await send(what, fault);
  };
  const send = async (what, fault) => {
    const form = document.getElementById("drop");
    const said = {
      order: what.order, visit: what.visit, person: what.nobody ? "" : what.lane.dataset.p, day: board().dataset.day,
      at: clock(what.start), minutes: String(what.minutes), fault, holding: what.holding, seen: what.seen,
    };
    for (const [field, value] of Object.entries(said)) form.elements[field].value = value;
    say(word("sending"));
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Target": "main", "HX-Request": "true" },
      });
      if (!answer.ok || answer.status === 204) { location.reload(); return; }
      took(await answer.text(), what);
    } catch {
      let_go();
      warn(word("unreachable"));
    }
  };
  const took = (html, what) => {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const scrolled = all("#board .scroll").map((one) => [one.scrollTop, one.scrollLeft]);
    const main = document.getElementById("main"), toasts = fresh.getElementById("toasts");
    let_go();
    const toast = toasts && document.adoptNode(toasts);
    main.replaceChildren(...[...fresh.body.childNodes].filter((node) => node !== toasts).map((node) => document.adoptNode(node)));
    if (toast) {
      toast.removeAttribute("hx-swap-oob");
      document.getElementById("toasts").replaceWith(toast);
      const words = toast.querySelector(".toast > span");
      if (words) { say(words.textContent); if (toast.querySelector(".toast.warning")) warn(words.textContent); }
    }
    if (window.htmx) { window.htmx.process(main); }
    all("#board .scroll").forEach((one, place) => { if (scrolled[place]) [one.scrollTop, one.scrollLeft] = scrolled[place]; });
    rove();
    const again = again_at(what);
    if (again) { rove(again); again.focus({ preventScroll: true }); }
  };
  const again_at = (what) => all(MINE).find((link) => {
    const told = new URL(link.href, location.href).searchParams;
    return (what.visit && told.get("visit") === what.visit) || (what.order && told.get("order") === what.order) || link.title.startsWith(`${what.number} `);
  });

  // The mouse and the finger.
  document.addEventListener("pointerdown", (event) => {
    const link = event.target instanceof Element && event.target.closest(MINE);
    if (!link || event.button || !("can" in board().dataset) || held) return;
    if (!("n" in link.dataset)) return;
    const at = link.getBoundingClientRect();
    const grab = link.matches(".job") ? event.clientX - at.left : 8;
    const from = { x: event.clientX, y: event.clientY, id: event.pointerId };
    const move = (now) => {
      if (now.pointerId !== from.id) return;
      if (!held) {
        if (Math.hypot(now.clientX - from.x, now.clientY - from.y) < START_PX) return;
        held = { ...lift(link), dragged: true };
        warn("");
        document.documentElement.classList.add("dragging");
        link.setPointerCapture?.(from.id);
      }
      now.preventDefault();
      under(now, grab);
      scroll(now);
    };
    const end = (now) => {
      if (now.pointerId !== from.id) return;
      stop();
      if (held) { swallow(link); drop(); }
    };
    const cancel = (now) => { if (!(now instanceof KeyboardEvent) || now.key === "Escape") { stop(); if (held) { swallow(link); let_go(); say(word("left")); } } };
    const stop = () => {
      document.removeEventListener("pointermove", move); document.removeEventListener("pointerup", end);
      document.removeEventListener("pointercancel", cancel); document.removeEventListener("keydown", cancel, true);
    };
    document.addEventListener("pointermove", move, { passive: false });
    document.addEventListener("pointerup", end);
    document.addEventListener("pointercancel", cancel);
    document.addEventListener("keydown", cancel, true);
  });
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.(MINE)) event.preventDefault(); });
  const swallow = (link) => {
    const stop = (event) => { event.preventDefault(); event.stopPropagation(); };
    link.addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => link.removeEventListener("click", stop, { capture: true }), 50);
  };
  const under = (now, grab) => {
    const lane = lanes().find((one) => { const at = one.getBoundingClientRect(); return now.clientY >= at.top && now.clientY < at.bottom && now.clientX >= at.left - 132 && now.clientX <= at.right; });
    const column = document.getElementById("un").getBoundingClientRect();
    if (now.clientX >= column.left && now.clientX <= column.right) { held.nobody = true; held.lane = null; draw(); return; }
    if (!lane) { held.nobody = false; held.lane = null; draw(); return; }
    const at = lane.getBoundingClientRect();
    const quarter = Math.round((now.clientX - grab - at.left) / at.width * QUARTERS);
    put(lane, first() + quarter * QUARTER);
  };
  const scroll = (now) => {
    const place = document.getElementById("tl"), at = place.getBoundingClientRect();
    if (now.clientY > at.bottom - 32) place.scrollTop += 12;
    if (now.clientY < at.top + 56) place.scrollTop -= 12;
  };

  // The keys: arrows go from bar to bar; M picks one up, arrows move it, Enter drops it.
  const rove = (to) => {
    if (!board()) return;
    const links = all(MINE);
    const at = to || links.find((link) => link.tabIndex === 0 && link.dataset.roving) || links[0];
    for (const link of links) { link.tabIndex = link === at ? 0 : -1; link.dataset.roving = link === at ? "yes" : ""; }
  };
  const middle = (link) => { const at = link.getBoundingClientRect(); return at.left + at.width / 2; };
  const beside = (link, key) => {
    const rows = [all(".cardlink", board()), ...lanes().map((lane) => all(".job[href]", lane))];
    const column = link.matches(".cardlink");
    const here = column ? 0 : lanes().indexOf(link.closest(".lane")) + 1;
    const place = rows[here].indexOf(link);
    const forward = key === "ArrowRight" || key === "ArrowDown";
    if (column && /Up|Down/.test(key)) return rows[0][place + (forward ? 1 : -1)];
    if (column) return key === "ArrowRight" ? rows.slice(1).find((row) => row.length)?.[0] : null;
    if (/Left|Right/.test(key)) return rows[here][place + (forward ? 1 : -1)] || (forward ? null : rows[0][0]);
    for (let row = here + (forward ? 1 : -1); row > 0 && row < rows.length; row += forward ? 1 : -1) {
      if (rows[row].length) return rows[row].reduce((best, one) => Math.abs(middle(one) - middle(link)) < Math.abs(middle(best) - middle(link)) ? one : best);
    }
    return null;
  };
  const step = (key) => {
    const list = lanes();
    if (!list.length) return;
    if (held.nobody || !held.lane) { if (key === "ArrowRight" || key === "ArrowDown") put(held.wasLane || list[0], held.start); tell(); return; }
    const here = list.indexOf(held.lane);
    if (key === "ArrowLeft" && held.start <= first() && held.wasLane) { held.nobody = true; held.lane = null; draw(); tell(); return; }
    if (key === "ArrowLeft") put(held.lane, held.start - QUARTER);
    if (key === "ArrowRight") put(held.lane, held.start + QUARTER);
    if (key === "ArrowUp") put(list[Math.max(here - 1, 0)], held.start);
    if (key === "ArrowDown") put(list[Math.min(here + 1, list.length - 1)], held.start);
    held.lane.scrollIntoView({ block: "nearest" });
    tell();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !board() || (held && (held.asking || held.dragged))) return;
    const link = event.target instanceof Element && event.target.closest(MINE);
    if (!link) return;
    const arrow = /^Arrow/.test(event.key);
    if (held) {
      if (arrow) step(event.key);
      else if (event.key === "Enter") drop();
      else if (event.key === "Escape" || event.key === "Tab") { let_go(); say(word("left")); }
      else return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (arrow) {
      const next = beside(link, event.key);
      if (next) { rove(next); next.focus(); next.scrollIntoView({ block: "nearest", inline: "nearest" }); }
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "m" || event.key === "M") {
      event.preventDefault();
      event.stopPropagation();
      if (!("can" in board().dataset)) return;
      if (!("n" in link.dataset)) { const words = word("not_movable", { number: name(link), state: link.querySelector(".vh")?.textContent.trim() }); warn(words); say(words); return; }
      warn("");
      held = lift(link);
      if (!held.lane) put(lanes()[0] || null, held.start); else draw();
      say(word("picked", { number: held.number }));
    }
  }, true);
  document.addEventListener("focusin", (event) => { const link = event.target instanceof Element && event.target.closest(MINE); if (link) rove(link); });

  // The board was drawn anew under what is being moved: it stays in the hand.
  document.body.addEventListener("console:live", () => {
    rove();
    if (!held) return;
    const again = again_at(held);
    if (!again) { let_go(); return; }
    held.link = again;
    held.wasLane = again.closest(".lane");
    if (held.lane) held.lane = lanes().find((one) => one.dataset.p === held.lane.dataset.p) || held.wasLane;
    draw();
  });
  rove();
})();
