"use strict";
(() => {
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  // The first number of a text, for columns of figures; what has none comes last.
  const figure = (text) => {
    const found = text.replaceAll(",", "").match(/[-+]?\d+(\.\d+)?/);
    return found ? Number(found[0]) - (text.startsWith("<") ? 1e-9 : 0) : NaN;
  };
  const words = new Intl.Collator("en", { numeric: true });
  const byText = (one, other) => words.compare(one, other);
  const byFigure = (one, other) => figure(one) - figure(other);

  const sortable = (table) => {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const sort = (head, place) => {
      const next = { none: "ascending", ascending: "descending", descending: "none" };
      const wanted = next[head.getAttribute("aria-sort") ?? "none"];
      const compare = head.style.textAlign === "right" ? byFigure : byText;
      const empty = (text) => text === "" || text === "\u2013" || (compare === byFigure && Number.isNaN(figure(text)));
      const text = (row) => row.cells[place].textContent.trim();
      const sign = wanted === "descending" ? -1 : 1;
      const order = (one, other) => {
        const [left, right] = [text(one), text(other)];
        return empty(left) - empty(right) || (empty(left) ? 0 : sign * compare(left, right));
      };
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      if (wanted !== "none") head.setAttribute("aria-sort", wanted);
      body.append(...(wanted === "none" ? original : [...original].sort(order)));
    };
    heads.forEach((head, place) => {
      const button = make("button", { type: "button", textContent: head.textContent });
      button.addEventListener("click", () => sort(head, place));
      head.replaceChildren(button);
    });
  };

  // A field above items that hides those without all of its words.
  const filterable = (before, items, text, name, unit) => {
    const field = make("input", { type: "search", autocomplete: "off", spellcheck: false });
    const label = make("label", { textContent: "Filter " });
    const told = make("output", {});
    field.setAttribute("aria-label", name);
    label.append(field);
    const line = make("p", { className: "filter" });
    line.append(label, told);
    before.before(line);
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      const shown = items.filter((item) => {
        const held = text(item).toLowerCase();
        item.hidden = !wanted.every((word) => held.includes(word));
        return !item.hidden;
      });
      told.textContent = wanted.length ? `${shown.length} of ${items.length} ${unit}` : "";
    });
  };

  const MANY = 12;
  for (const table of document.querySelectorAll("table")) {
    const rows = [...table.tBodies[0].rows];
    if (rows.length > 1) sortable(table);
    if (rows.length > MANY) {
      filterable(table.parentElement, rows, (row) => row.textContent, `Filter: ${table.caption.textContent}`, "rows");
    }
  }
  for (const folds of document.querySelectorAll(".folds")) {
    const items = [...folds.children];
    const head = (fold) => fold.querySelector("summary").textContent;
    if (items.length > MANY) filterable(folds, items, head, folds.dataset.filter, "events");
  }

  // A link to an event opens it.
  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    const fold = target?.closest("details");
    if (!fold) return;
    fold.hidden = false;
    fold.open = true;
    fold.scrollIntoView();
    fold.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.('a[href^="#event-"]')) setTimeout(follow);
  });
  follow();
})();
