// What is selected in the roll, and the operations on pose codes that it offers.

import { colourOf } from "/assets/colours.js";

const MOST_CATEGORIES = 18;

export class Inspector {
  // on: operate(operation), clip(): {motion}, seek(seconds)
  constructor(box, facts, on) {
    Object.assign(this, { box, facts, on, copied: null, ease: 0.5, chosen: null, motion: null });
    this.byIndex = new Map(facts.rows.map((row) => [row.index, row]));
    this.draw();
  }

  show(chosen, motion) {
    Object.assign(this, { chosen, motion });
    this.draw();
  }

  rows() {
    return [...this.chosen.groups].map((index) => this.byIndex.get(index));
  }

  span(chosen = this.chosen) {
    const second = this.motion.stepSeconds, round = (v) => +(v * second).toFixed(3);
    const whole = chosen.start === 0 && chosen.stop >= this.motion.codes.shape[0];
    return whole ? null : { start: round(chosen.start), stop: round(chosen.stop) };
  }

  // An operation on the selected rows, or some, and time.
  make(name, fields, rows = this.rows()) {
    const content = { groups: rows.map((row) => row.label), ...fields }, span = this.span();
    if (span) content.span = span;
    if (this.ease !== 0.5) content.ease = this.ease;
    return { [name]: content };
  }

  operate(name, fields) {
    this.on.operate(this.make(name, fields));
  }

  draw() {
    const { chosen, motion } = this;
    this.box.replaceChildren(element("h2", { textContent: "Selection" }));
    if (!motion || !chosen) {
      this.box.append(element("p", { className: "hint", textContent: motion ? "Drag over cells of the roll below: rows and a stretch of time. Then say here what they shall be." : "Rows and times selected in the roll are edited here." }));
      if (motion && this.copied) this.box.append(element("div", { className: "line" }, this.pasteButton()));
      return;
    }
    const rows = this.rows(), seconds = motion.stepSeconds;
    const what = rows.length === 1 ? rows[0].label : `${rows.length} rows`;
    const name = element("b", { textContent: what, title: rows.map((row) => row.label).join("\n") });
    this.box.append(element("p", { className: "what" }, name, element("span", { textContent: `${(chosen.start * seconds).toFixed(1)}–${(chosen.stop * seconds).toFixed(1)} s` })));
    const kinds = new Set(rows.map((row) => row.kind));
    if (kinds.size === 1) this.box.append(this.setter(rows));
    else this.box.append(element("p", { className: "hint", textContent: "Different kinds of rows: they can be shifted, mirrored and copied together." }));
    this.box.append(this.buttons(rows), this.easing());
  }

  setter(rows) {
    // One button for each category, in the roll's colours, its words in full.
    const [row] = rows, size = row.says.length, now = this.counted(rows);
    const buttons = row.short.slice(0, MOST_CATEGORIES).map((text, category) => {
      const { fill, ink } = colourOf(row.kind, category, size);
      const made = element("button", {
        type: "button", className: "category", textContent: row.kind === "angle" ? row.cells[category].replace("°", "") : row.cells[category], title: rows.length === 1 ? row.says[category] : text,
        on: { click: () => this.operate("SetCode", { category }) }, attributes: { "aria-label": `set to ${text}`, "aria-pressed": now.has(category) },
      });
      Object.assign(made.style, { background: fill, color: ink });
      return made;
    });
    const box = element("div", { className: `categories ${row.kind}`, attributes: { role: "group", "aria-label": "set to" } }, ...buttons);
    const all = element("div", {}, element("span", { className: "label", textContent: row.kind === "angle" ? "Set to (degrees)" : "Set to" }), box);
    if (row.kind !== "ground") {
      const metres = row.unit === "metre", unit = metres ? "cm" : "°";
      const value = element("input", { type: "number", step: metres ? 1 : 5, attributes: { "aria-label": `value in ${metres ? "centimetres" : "degrees"}` } });
      const act = () => value.value !== "" && this.operate("SetCode", { value: metres ? Number(value.value) / 100 : Number(value.value) });
      value.addEventListener("keydown", (event) => event.key === "Enter" && act());
      all.append(element("div", { className: "line" }, element("label", {}, "exactly ", value, ` ${unit}`), element("button", { type: "button", textContent: "Set", on: { click: act } })));
    }
    const bound = (text) => element("select", { attributes: { "aria-label": text } }, element("option", { value: "", textContent: text }), ...row.cells.map((said, category) => element("option", { value: category, textContent: said })));
    const [low, high] = [bound("at least"), bound("at most")];
    const clamp = () => {
      const fields = {};
      if (low.value !== "") fields.at_least = Number(low.value);
      if (high.value !== "") fields.at_most = Number(high.value);
      if (Object.keys(fields).length) this.operate("Clamp", fields);
    };
    all.append(element("div", { className: "line" }, low, high, element("button", { type: "button", textContent: "Clamp", title: "keep within these bounds; what complies stays as it is", on: { click: clamp } })));
    return all;
  }

  counted(rows) {
    // Categories that the selection has now.
    const codes = unpack.array(this.motion.codes), groups = this.motion.codes.shape[1], found = new Set();
    for (let step = this.chosen.start; step < this.chosen.stop; step++) for (const row of rows) found.add(codes[step * groups + row.index]);
    return found;
  }

  buttons(rows) {
    const button = (text, title, act) => element("button", { type: "button", textContent: text, title, on: { click: act } });
    const start = this.chosen.start * this.motion.stepSeconds;
    const box = element("div", { className: "line wrap" },
      button("− Shift", "one category down (−)", () => this.shift(-1)),
      button("+ Shift", "one category up (+)", () => this.shift(1)),
      button("Mirror", "the mirror image, left and right exchanged (M)", () => this.mirror()),
      button("Hold", "keep the pose that the selection begins with", () => this.operate("Copy", { at: +start.toFixed(3), hold: true })),
      button("Copy", "copy these rows and times (Ctrl+C)", () => this.copy()));
    if (this.copied) box.append(this.pasteButton());
    return box;
  }

  pasteButton() {
    return element("button", { type: "button", textContent: "Paste", title: "paste the copied rows at the selection, or at the play head (Ctrl+V)", on: { click: () => this.paste() } });
  }

  easing() {
    const told = element("output", { textContent: `${this.ease.toFixed(1)} s` });
    const slider = element("input", { type: "range", min: 0, max: 1.5, step: 0.1, value: this.ease, on: { input: () => ((this.ease = Number(slider.value)), (told.textContent = `${this.ease.toFixed(1)} s`)) } });
    return element("label", { className: "line ease", title: "time in which the edit begins and ends" }, "ease in and out", slider, told);
  }

  shift(categories) {
    // One operation a kind: a category of one means nothing for another.
    if (!this.chosen || !this.motion) return;
    const rows = this.rows(), kinds = [...new Set(rows.map((row) => row.kind))];
    this.on.operate(...kinds.map((kind) => this.make("Shift", { categories }, rows.filter((row) => row.kind === kind))));
  }

  mirror() {
    if (this.chosen && this.motion) this.operate("Mirror", {});
  }

  copy() {
    if (!this.chosen || !this.motion) return false;
    this.copied = { labels: this.rows().map((row) => row.label), start: this.chosen.start, stop: this.chosen.stop };
    this.draw();
    return true;
  }

  paste() {
    if (!this.copied || !this.motion) return;
    const { stepSeconds, codes } = this.motion, round = (v) => +(v * stepSeconds).toFixed(3);
    const at = this.chosen ? this.chosen.start : Math.floor(this.on.time() / stepSeconds), long = this.copied.stop - this.copied.start;
    const fields = { groups: this.copied.labels, at: round(this.copied.start), span: { start: round(at), stop: round(Math.min(at + long, codes.shape[0])) } };
    if (this.ease !== 0.5) fields.ease = this.ease;
    this.on.operate({ Copy: fields });
  }
}
