"use strict";
(() => {
  const AT_ONCE = 25;
  const FIELDS = ["class", "type", "text"];
  const CONDITIONS = { gold: "Gold", predicted: "Predicted", bucket: "Bucket", entities: "Entities" };
  const OUTCOMES = { gold: ["r", "m"], right: ["r"], missed: ["m"], invented: ["i"] };
  const find = (id) => document.getElementById(id);
  const index = JSON.parse(find("index").textContent);
  const form = find("filter"), heading = find("sentences-heading"), pagers = [...document.querySelectorAll(".pager")];

  // A mark is class.type.gold-predicted…, in places of the index; nothing stands where there is no entity.
  const rows = [...find("list").children].map((item) => ({
    item,
    text: [item.querySelector(".id"), item.querySelector(".sentence")].map((part) => part.textContent).join("\n").toLowerCase(),
    marks: item.dataset.marks.split(" ").filter(Boolean).map((mark) => {
      const [kind, type, ...pairs] = mark.split(".");
      return { kind: index.classes[kind], type: index.types[type], pairs: pairs.map((pair) => pair.split("-").map((side) => side && index.types[side])) };
    }),
    places: new Set(item.dataset.places.split(" ")),
  }));
  for (const row of rows) {
    row.outcomes = new Set(row.marks.flatMap(({ kind, pairs }) => pairs.flatMap(([gold, predicted]) =>
      kind === "correct" ? ["r"] : [gold && "m", predicted && "i"])));
  }
  let hits = rows;
  let jump = location.hash.includes("=");

  const state = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  const address = (conditions) => `#${conditions.toString() || "sentences"}`;

  const has = (asked, name) => asked.has(name) && (asked.get(name) !== "" || name === "gold" || name === "predicted");
  const asksForMarks = (asked) => ["class", "type", "gold", "predicted"].some((name) => has(asked, name));

  function isAsked(mark, asked) {
    const is = (name, value) => !has(asked, name) || asked.get(name) === value;
    return (asked.get("class") === "error" ? mark.kind !== "correct" : is("class", mark.kind)) && is("type", mark.type)
      && mark.pairs.some(([gold, predicted]) => is("gold", gold) && is("predicted", predicted));
  }

  function meets(row, asked) {
    if (has(asked, "text") && !row.text.includes(asked.get("text").toLowerCase())) return false;
    const outcomes = OUTCOMES[asked.get("entities")] || ["r", "m", "i"];
    if (has(asked, "bucket")) {
      const place = index.buckets.indexOf(asked.get("bucket"));
      if (!outcomes.some((outcome) => row.places.has(place + outcome))) return false;
    } else if (has(asked, "entities") && !outcomes.some((outcome) => row.outcomes.has(outcome))) return false;
    return !asksForMarks(asked) || row.marks.some((mark) => isAsked(mark, asked));
  }

  // The findings of a sentence stand in the order of its marks.
  function showFindings(asked) {
    const asks = asksForMarks(asked) && asked.get("class") !== "error";
    for (const { item, marks } of hits) {
      if (item.hidden) continue;
      item.querySelectorAll(".findings > li").forEach((finding, place) => {
        finding.classList.toggle("asked", asks && isAsked(marks[place], asked));
      });
    }
  }

  function showConditions(asked) {
    const chips = Object.entries(CONDITIONS).filter(([name]) => asked.has(name)).map(([name, words]) => {
      const rest = new URLSearchParams(asked), chip = document.createElement("li"), off = document.createElement("a");
      [name, "page", ...(name === "bucket" ? ["entities"] : [])].forEach((each) => rest.delete(each));
      off.href = address(rest);
      off.textContent = "×";
      off.setAttribute("aria-label", `Drop this condition: ${words} ${asked.get(name) || "none"}`);
      chip.append(`${words}: ${asked.get(name) || "none"} `, off);
      return chip;
    });
    find("conditions").replaceChildren(...chips);
    find("conditions").hidden = !chips.length;
  }

  function showPage(asked) {
    const pages = Math.max(1, Math.ceil(hits.length / AT_ONCE));
    const page = Math.min(pages, Math.max(1, Number.parseInt(asked.get("page"), 10) || 1));
    const first = (page - 1) * AT_ONCE, shown = new Set(hits.slice(first, first + AT_ONCE));
    rows.forEach((row) => { row.item.hidden = !shown.has(row); });
    const many = (number) => number.toLocaleString("en");
    find("hits").textContent = hits.length
      ? `${many(hits.length)} of ${many(rows.length)} sentences; ${many(first + 1)} to ${many(first + shown.size)} are shown`
      : `None of ${many(rows.length)} sentences`;
    for (const pager of pagers) {
      pager.hidden = pages === 1;
      pager.querySelector(".place").textContent = `Page ${many(page)} of ${many(pages)}`;
      for (const [name, other] of [["previous", page - 1], ["next", page + 1]]) {
        const turn = pager.querySelector(`.${name}`), target = new URLSearchParams(asked);
        target.set("page", other);
        if (other < 1 || other > pages) turn.removeAttribute("href");
        else turn.href = address(target);
      }
    }
  }

  function show() {
    const named = rows.findIndex((row) => `#${row.item.id}` === location.hash);
    if (named < 0 && location.hash && !location.hash.includes("=") && location.hash !== "#sentences") return;
    const asked = state();
    for (const name of FIELDS) {
      if (form.elements[name].value !== (asked.get(name) || "")) form.elements[name].value = asked.get(name) || "";
    }
    hits = rows.filter((row) => meets(row, asked));
    if (named >= 0) asked.set("page", Math.floor(named / AT_ONCE) + 1);
    showConditions(asked);
    showPage(asked);
    showFindings(asked);
    if (named >= 0) rows[named].item.scrollIntoView();
    else if (jump) {
      heading.scrollIntoView();
      heading.focus({ preventScroll: true });
    }
    jump = false;
  }

  function ask() {
    const asked = state();
    asked.delete("page");
    for (const name of FIELDS) {
      if (form.elements[name].value) asked.set(name, form.elements[name].value);
      else asked.delete(name);
    }
    return address(asked);
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => { if (ask() !== location.hash) location.hash = ask(); });
  form.elements.text.addEventListener("input", () => location.replace(ask()));
  form.addEventListener("reset", () => { location.hash = "#sentences"; });
  document.addEventListener("click", (event) => {
    jump = Boolean(event.target.closest('a[href^="#"][href*="="]'));
  });
  window.addEventListener("hashchange", show);
  form.hidden = false;
  find("list").classList.add("paged");
  show();
})();
