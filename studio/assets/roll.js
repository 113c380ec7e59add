// The roll: a row for every statement about the pose, a column for every step, one colour a category.
// Two canvases: `cells` is painted when data, folds, zoom or scroll change, `over` (selection, cursor, play head) with
// every frame, so that playing costs little however many cells there are.

import { ACCENT, EDITED, FOLLOWS, colourOf } from "/assets/colours.js";

const GUTTER = 232, RULER = 22, LANE = 9, HEAD = RULER + 2 * LANE + 5, SECTION = 22, FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const INK = "#1c2330", SOFT = "#545d6b", LINE = "#d5dae1", PAPER = "#ffffff", BAND = "#f1f4f8";
const LEFT_FOOT = "#4684d6", RIGHT_FOOT = "#e0622d";
const GLOW = 1600; // milliseconds that rows light up after an edit

export class Roll {
  // on: seek(seconds), select(selection or null), say(text), tip(text lines or null, event)
  constructor(box, facts, on) {
    Object.assign(this, { box, rows: facts.rows, sections: facts.sections, on });
    this.byIndex = new Map(this.rows.map((row) => [row.index, row]));
    this.folded = new Set(this.sections.filter((name) => !["Left arm", "Right arm"].includes(name)));
    this.filter = "";
    this.onlyChanged = false;
    this.rowHeight = 18;
    this.zoom = 1;
    this.time = 0;
    this.selection = null; // {groups: Set of indices, start, stop}: steps start..stop-1
    this.cursor = null; // {item, step}
    this.motion = null;
    this.glowUntil = 0;
    this.painted = 0; // how often the cells were painted: scrubbing must not raise it
    this.build();
  }

  build() {
    const canvas = (name) => element("canvas", { className: name });
    this.cells = canvas("cells");
    this.over = canvas("over");
    this.space = element("div", { className: "space" });
    this.pane = element("div", { className: "pane" }, this.cells, this.over);
    this.scroller = element("div", {
      className: "scroller", tabIndex: 0,
      attributes: { role: "application", "aria-label": "Roll of pose codes: arrow keys move the cursor, Shift with arrows selects, Enter edits the selection" },
      on: { scroll: () => this.paint(), keydown: (event) => this.key(event), focus: () => this.repaint(), blur: () => this.repaint() },
    }, this.pane, this.space);
    this.box.append(this.bar(), this.scroller);
    new ResizeObserver(() => this.layout()).observe(this.scroller);
    for (const [kind, act] of [["pointerdown", this.down], ["pointermove", this.move], ["pointerup", this.up], ["pointercancel", this.up], ["pointerleave", this.leave]])
      this.over.addEventListener(kind, act.bind(this));
    this.scroller.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoomTo(this.zoom * Math.exp(-0.002 * event.deltaY), event.offsetX);
    }, { passive: false });
  }

  bar() {
    const button = (text, title, act) => element("button", { type: "button", textContent: text, title, on: { click: act } });
    this.search = element("input", {
      type: "search", placeholder: "Find a row, e.g. left elbow", attributes: { "aria-label": "find a row" },
      on: { input: () => ((this.filter = this.search.value.trim().toLowerCase()), this.layout()) },
    });
    this.changedBox = element("input", { type: "checkbox", on: { change: () => ((this.onlyChanged = this.changedBox.checked), this.layout()) } });
    const key = (className, text) => element("span", { className: "key" }, element("i", { className }), text);
    return element("div", { className: "bar" },
      element("h2", { textContent: "Pose codes" }),
      this.search,
      element("label", { className: "check" }, this.changedBox, "changed rows only"),
      button("Open all", "show every row", () => (this.folded.clear(), this.layout())),
      button("Fold all", "fold every body part", () => ((this.folded = new Set(this.sections)), this.layout())),
      element("span", { className: "keys" }, key("edited", "edited"), key("follows", "followed")),
      element("span", { className: "zoom", attributes: { role: "group", "aria-label": "zoom" } },
        button("−", "zoom out (Ctrl+wheel)", () => this.zoomTo(this.zoom / 1.4)), button("fit", "whole clip", () => this.zoomTo(1)), button("+", "zoom in (Ctrl+wheel)", () => this.zoomTo(this.zoom * 1.4))));
  }

  // ---- data

  show(motion, fresh) {
    // fresh: an edit has just happened, what follows lights up.
    this.motion = motion;
    if (motion) {
      const [steps, groups] = motion.codes.shape;
      Object.assign(this, { steps, groups, codes: unpack.array(motion.codes), edited: unpack.array(motion.edited), follows: unpack.array(motion.follows) });
      this.before = motion.codesBefore.shape[0] === steps ? unpack.array(motion.codesBefore) : null;
      this.hasEdits = new Set();
      this.hasFollows = new Set();
      for (let i = 0; i < this.codes.length; i++) {
        if (this.edited[i]) this.hasEdits.add(i % groups);
        if (this.follows[i]) this.hasFollows.add(i % groups);
      }
      if (this.selection) this.selection.stop = Math.min(this.selection.stop, steps);
      if (this.selection && this.selection.start >= this.selection.stop) this.select(null);
      if (fresh) {
        this.glowUntil = performance.now() + GLOW;
        this.animate();
      }
    }
    this.layout();
  }

  animate() {
    this.repaint();
    if (performance.now() < this.glowUntil) requestAnimationFrame(() => this.animate());
  }

  wanted(row) {
    if (this.onlyChanged && this.motion && !this.hasEdits.has(row.index) && !this.hasFollows.has(row.index)) return false;
    if (!this.filter) return true;
    const text = `${row.section} ${row.name} ${row.label} ${row.says[0]}`.toLowerCase();
    return this.filter.split(/\s+/).every((word) => text.includes(word));
  }

  layout() {
    this.items = [];
    let y = 0;
    for (const name of this.sections) {
      const rows = this.rows.filter((row) => row.section === name && this.wanted(row));
      if (!rows.length) continue;
      const open = this.filter || this.onlyChanged || !this.folded.has(name);
      const height = open ? SECTION : Math.max(SECTION, 2 * rows.length + 6);
      this.items.push({ kind: "section", name, rows, y, height, open });
      y += height;
      if (open) for (const row of rows) {
        this.items.push({ kind: "row", row, rows: [row], y, height: this.rowHeight });
        y += this.rowHeight;
      }
    }
    this.height = y;
    const box = this.scroller, width = Math.max(box.clientWidth, 320), height = Math.max(box.clientHeight, 60);
    this.width = width;
    this.tall = height;
    const room = width - GUTTER - 8;
    this.fitting = this.motion ? room / this.steps : 10;
    this.stepWidth = Math.max(this.fitting * this.zoom, 2);
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    for (const canvas of [this.cells, this.over]) {
      Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
      Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    }
    this.ratio = ratio;
    Object.assign(this.pane.style, { width: `${width}px`, height: `${height}px` });
    const long = this.motion ? GUTTER + 8 + this.steps * this.stepWidth : width;
    Object.assign(this.space.style, { width: `${Math.max(long, 1)}px`, height: `${Math.max(HEAD + this.height + 4 - height, 0)}px` });
    this.paint();
  }

  zoomTo(zoom, x = GUTTER + (this.width - GUTTER) / 2) {
    if (!this.motion) return;
    const step = this.stepAt(x, false);
    this.zoom = Math.min(Math.max(zoom, 1), Math.max(1, 64 / this.fitting));
    this.layout();
    this.scroller.scrollLeft = step * this.stepWidth - (x - GUTTER);
    this.paint();
  }

  // ---- painting

  x(step) {
    return GUTTER + step * this.stepWidth - this.scroller.scrollLeft;
  }

  y(item) {
    return HEAD + item.y - this.scroller.scrollTop;
  }

  seen() {
    return this.items.filter((item) => this.y(item) + item.height > HEAD && this.y(item) < this.tall);
  }

  paint() {
    this.painted += 1;
    const pen = this.cells.getContext("2d");
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.fillStyle = PAPER;
    pen.fillRect(0, 0, this.width, this.tall);
    pen.textBaseline = "middle";
    if (this.motion) {
      const first = Math.max(0, Math.floor(this.stepAt(GUTTER, false))), last = Math.min(this.steps, Math.ceil(this.stepAt(this.width, false)) + 1);
      pen.save();
      pen.beginPath();
      pen.rect(GUTTER, HEAD, this.width - GUTTER, this.tall - HEAD);
      pen.clip();
      for (const item of this.seen()) item.kind === "row" ? this.paintRow(pen, item, first, last) : this.paintSection(pen, item, first, last);
      this.paintGrid(pen);
      pen.restore();
      this.paintHead(pen, first, last);
    }
    this.paintGutter(pen);
    this.repaint();
  }

  paintRow(pen, item, first, last) {
    const { row } = item, y = this.y(item), g = row.index, size = row.says.length;
    const code = (step) => this.codes[step * this.groups + g];
    pen.font = `11px ${FONT}`;
    for (let start = first; start < last; ) {
      let stop = start + 1;
      while (stop < last && code(stop) === code(start)) stop++;
      const { fill, ink } = colourOf(row.kind, code(start), size), x = this.x(start), wide = (stop - start) * this.stepWidth;
      pen.fillStyle = fill;
      pen.fillRect(x, y + 1, wide - (wide > 5 ? 1 : 0), item.height - 2);
      const text = row.cells[code(start)], from = Math.max(x, GUTTER), room = Math.min(x + wide, this.width) - from - 8;
      if (room > 20 && pen.measureText(text).width <= room) {
        pen.fillStyle = ink;
        pen.fillText(text, from + 4, y + item.height / 2 + 0.5);
      }
      start = stop;
    }
    this.paintMarks(pen, this.edited, g, y, item.height, first, last, EDITED, true);
    this.paintMarks(pen, this.follows, g, y, item.height, first, last, FOLLOWS, false);
  }

  paintMarks(pen, marks, g, y, height, first, last, colour, framed) {
    for (let start = first; start < last; start++) {
      if (!marks[start * this.groups + g]) continue;
      let stop = start + 1;
      while (stop < last && marks[stop * this.groups + g]) stop++;
      const x = this.x(start), wide = (stop - start) * this.stepWidth - 1;
      if (framed) {
        pen.strokeStyle = colour;
        pen.lineWidth = 2;
        pen.strokeRect(x + 1, y + 2, Math.max(wide - 2, 1), height - 4);
      } else {
        pen.fillStyle = colour;
        pen.fillRect(x, y + height - 4, wide, 3);
      }
      start = stop;
    }
  }

  paintSection(pen, item, first, last) {
    const y = this.y(item);
    pen.fillStyle = BAND;
    pen.fillRect(GUTTER, y, this.width - GUTTER, item.height);
    if (item.open) return;
    // A folded body part shows all its rows as thin stripes.
    const thin = (item.height - 6) / item.rows.length;
    item.rows.forEach((row, i) => {
      const g = row.index, size = row.says.length;
      for (let start = first; start < last; ) {
        const code = this.codes[start * this.groups + g];
        let stop = start + 1;
        while (stop < last && this.codes[stop * this.groups + g] === code) stop++;
        pen.fillStyle = colourOf(row.kind, code, size).fill;
        pen.fillRect(this.x(start), y + 3 + i * thin, (stop - start) * this.stepWidth, Math.max(thin - 0.4, 1));
        start = stop;
      }
    });
    for (const row of item.rows) this.paintMarks(pen, this.edited, row.index, y + 1, item.height - 2, first, last, EDITED, true);
  }

  paintGrid(pen) {
    const second = 1 / this.motion.stepSeconds;
    pen.fillStyle = "rgba(28,35,48,0.13)";
    for (let s = 1; s * second < this.steps; s++) pen.fillRect(Math.round(this.x(s * second)), HEAD, 1, Math.min(this.height, this.tall));
  }

  paintHead(pen, first, last) {
    const { stepSeconds, contacts, fps } = this.motion, end = this.x(this.steps);
    pen.save();
    pen.beginPath();
    pen.rect(GUTTER, 0, this.width - GUTTER, HEAD);
    pen.clip();
    pen.fillStyle = PAPER;
    pen.fillRect(GUTTER, 0, this.width - GUTTER, HEAD);
    const pixels = this.stepWidth / stepSeconds, every = [0.2, 0.5, 1, 2, 5, 10, 30].find((s) => s * pixels >= 46) || 60;
    pen.font = `11px ${FONT}`;
    for (let i = 0; i * every <= this.steps * stepSeconds + 1e-6; i++) {
      const x = this.x((i * every) / stepSeconds);
      pen.fillStyle = LINE;
      pen.fillRect(Math.round(x), 14, 1, 8);
      pen.fillStyle = SOFT;
      pen.fillText(`${+(i * every).toFixed(1)} s`, x + 3, 11);
    }
    contacts.forEach((runs, side) => {
      const y = RULER + side * (LANE + 1) + 1;
      pen.fillStyle = BAND;
      pen.fillRect(GUTTER, y, Math.min(end, this.width) - GUTTER, LANE);
      pen.fillStyle = side ? RIGHT_FOOT : LEFT_FOOT;
      for (const [start, stop] of runs) pen.fillRect(this.x(start / fps / stepSeconds), y, ((stop - start) / fps / stepSeconds) * this.stepWidth, LANE);
    });
    pen.fillStyle = LINE;
    pen.fillRect(GUTTER, HEAD - 1, this.width - GUTTER, 1);
    pen.restore();
  }

  paintGutter(pen) {
    pen.fillStyle = PAPER;
    pen.fillRect(0, 0, GUTTER, this.tall);
    pen.save();
    pen.beginPath();
    pen.rect(0, HEAD, GUTTER, this.tall - HEAD);
    pen.clip();
    for (const item of this.seen()) {
      const y = this.y(item), middle = y + Math.min(item.height, SECTION) / 2 + 0.5;
      if (item.kind === "section") {
        pen.fillStyle = BAND;
        pen.fillRect(0, y, GUTTER, item.height);
        pen.fillStyle = INK;
        pen.font = `600 12px ${FONT}`;
        pen.fillText(`${item.open ? "▾" : "▸"}  ${item.name}`, 10, middle);
        pen.fillStyle = SOFT;
        pen.font = `11px ${FONT}`;
        pen.fillText(`${item.rows.length}`, 10 + pen.measureText(`▸  ${item.name}`).width + 22, middle);
      } else {
        pen.fillStyle = INK;
        pen.font = `12px ${FONT}`;
        let text = item.row.name;
        while (pen.measureText(text).width > GUTTER - 44) text = `${text.slice(0, -2).trimEnd()}…`;
        pen.fillText(text, 26, middle);
      }
      if (!this.motion) continue;
      const edited = item.rows.some((row) => this.hasEdits.has(row.index)), follows = item.rows.some((row) => this.hasFollows.has(row.index));
      if (edited || follows) {
        pen.fillStyle = edited ? EDITED : FOLLOWS;
        pen.beginPath();
        pen.arc(GUTTER - 10, middle, 4, 0, 7);
        pen.fill();
      }
    }
    pen.restore();
    pen.fillStyle = SOFT;
    pen.font = `11px ${FONT}`;
    if (this.motion) {
      pen.textAlign = "right";
      pen.fillText("left foot on the floor", GUTTER - 8, RULER + 5);
      pen.fillText("right foot on the floor", GUTTER - 8, RULER + LANE + 7);
      pen.textAlign = "left";
    }
    pen.fillStyle = LINE;
    pen.fillRect(GUTTER - 1, 0, 1, this.tall);
    pen.fillRect(0, HEAD - 1, GUTTER, 1);
  }

  repaint() {
    // The upper canvas alone.
    const pen = this.over.getContext("2d");
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.tall);
    if (!this.motion || !this.items) return;
    pen.save();
    pen.beginPath();
    pen.rect(0, HEAD, this.width, this.tall - HEAD);
    pen.clip();
    this.paintGlow(pen);
    this.paintSelection(pen);
    pen.restore();
    const x = this.x(Math.min(this.time / this.motion.stepSeconds, this.steps));
    if (x < GUTTER) return;
    pen.fillStyle = ACCENT;
    pen.fillRect(Math.round(x) - 1, 10, 2, this.tall);
    pen.beginPath();
    pen.moveTo(x - 6, 2);
    pen.lineTo(x + 6, 2);
    pen.lineTo(x + 6, 8);
    pen.lineTo(x, 14);
    pen.lineTo(x - 6, 8);
    pen.fill();
  }

  paintGlow(pen) {
    const share = Math.max(0, this.glowUntil - performance.now()) / GLOW;
    if (!share) return;
    for (const item of this.seen()) {
      const edited = item.rows.some((row) => this.hasEdits.has(row.index)), follows = item.rows.some((row) => this.hasFollows.has(row.index));
      if (!edited && !follows) continue;
      pen.fillStyle = edited ? `rgba(216,27,132,${0.25 * share})` : `rgba(240,150,20,${0.45 * share})`;
      pen.fillRect(0, this.y(item), GUTTER, item.height);
      if (item.kind === "section") continue;
      for (let step = 0; step < this.steps; step++) {
        const i = step * this.groups + item.row.index;
        if (this.edited[i] || this.follows[i]) pen.fillRect(this.x(step), this.y(item), this.stepWidth, item.height);
      }
    }
  }

  paintSelection(pen) {
    const chosen = this.selection;
    if (chosen) {
      const x = Math.max(this.x(chosen.start), GUTTER), wide = Math.max(this.x(chosen.stop) - x, 0);
      for (const item of this.seen()) {
        const inside = item.kind === "row" ? chosen.groups.has(item.row.index) : !item.open && item.rows.every((row) => chosen.groups.has(row.index));
        if (!inside) continue;
        pen.fillStyle = "rgba(37,99,184,0.24)";
        pen.fillRect(x, this.y(item), wide, item.height);
        pen.fillStyle = "rgba(37,99,184,0.12)";
        pen.fillRect(0, this.y(item), GUTTER, item.height);
        pen.strokeStyle = ACCENT;
        pen.lineWidth = 1.5;
        pen.strokeRect(x + 0.75, this.y(item) + 0.75, Math.max(wide - 1.5, 1), item.height - 1.5);
      }
    }
    if (this.cursor && document.activeElement === this.scroller) {
      const item = this.items[Math.min(this.cursor.item, this.items.length - 1)];
      pen.strokeStyle = INK;
      pen.lineWidth = 2;
      pen.strokeRect(this.x(this.cursor.step) + 1, this.y(item) + 1, Math.max(this.stepWidth - 2, 3), item.height - 2);
    }
  }

  playhead(time, follow) {
    this.time = time;
    if (follow && this.motion && this.zoom > 1) {
      const x = this.x(time / this.motion.stepSeconds);
      if (x > this.width - 30 || x < GUTTER) this.scroller.scrollLeft += x - GUTTER - 40; // a scroll event paints
    }
    this.repaint();
  }

  // ---- pointer

  stepAt(x, whole = true) {
    const step = (x - GUTTER + this.scroller.scrollLeft) / this.stepWidth;
    return whole ? Math.min(Math.max(Math.floor(step), 0), this.steps - 1) : step;
  }

  itemAt(y) {
    const inside = y - HEAD + this.scroller.scrollTop;
    return this.items.findIndex((item) => inside >= item.y && inside < item.y + item.height);
  }

  down(event) {
    if (event.button !== 0) return;
    this.scroller.focus({ preventScroll: true });
    const { offsetX: x, offsetY: y } = event, index = y >= HEAD ? this.itemAt(y) : -1;
    if (y < HEAD && x >= GUTTER && this.motion) {
      this.drag = { kind: "time" };
      this.on.seek(this.stepAt(x, false) * this.motion.stepSeconds);
    } else if (index >= 0 && x < GUTTER) {
      const item = this.items[index];
      if (item.kind === "section") {
        this.folded.has(item.name) ? this.folded.delete(item.name) : this.folded.add(item.name);
        this.layout();
      } else if (this.motion) this.choose(index, index, 0, this.steps, event.shiftKey || event.ctrlKey);
      return;
    } else if (index >= 0 && this.motion) {
      this.drag = { kind: "cells", item: index, step: this.stepAt(x), add: event.shiftKey || event.ctrlKey, old: this.selection };
      this.cursor = { item: index, step: this.drag.step };
      this.move(event);
    } else if (y >= HEAD) this.select(null);
    if (this.drag) this.over.setPointerCapture(event.pointerId);
  }

  move(event) {
    const { offsetX: x, offsetY: y } = event;
    if (!this.motion) return;
    if (!this.drag) return this.hover(event);
    this.on.tip(null);
    if (this.drag.kind === "time") return this.on.seek(this.stepAt(x, false) * this.motion.stepSeconds);
    const last = this.items.length - 1, found = this.itemAt(Math.min(Math.max(y, HEAD), this.tall - 1)), item = found < 0 ? last : found, step = this.stepAt(x);
    const steps = [Math.min(step, this.drag.step), Math.max(step, this.drag.step) + 1], items = [Math.min(item, this.drag.item), Math.max(item, this.drag.item)];
    this.choose(...items, ...steps, this.drag.add, this.drag.old, true);
  }

  up() {
    if (this.drag && this.drag.kind === "cells") this.select(this.selection);
    this.drag = null;
  }

  leave() {
    this.on.tip(null);
  }

  hover(event) {
    const index = event.offsetY >= HEAD ? this.itemAt(event.offsetY) : -1, item = this.items[index];
    if (!item) return this.on.tip(null);
    if (event.offsetX < GUTTER) return this.on.tip(item.kind === "row" ? [item.row.label] : [item.open ? "click to fold" : "click to open"], event);
    const step = this.stepAt(event.offsetX);
    if (event.offsetX > this.x(this.steps)) return this.on.tip(null);
    // In a folded body part the row under the pointer, as far as there is one.
    const rows = item.rows, row = item.kind === "row" ? item.row : rows[Math.min(Math.max(Math.floor(((event.offsetY - this.y(item) - 3) / (item.height - 6)) * rows.length), 0), rows.length - 1)];
    if (item.kind === "section" && item.open) return this.on.tip(null);
    this.on.tip(this.statement(row, step), event);
  }

  statement(row, step) {
    const i = step * this.groups + row.index, code = this.codes[i], { stepSeconds } = this.motion;
    let [start, stop] = [step, step + 1];
    while (start > 0 && this.codes[(start - 1) * this.groups + row.index] === code) start--;
    while (stop < this.steps && this.codes[stop * this.groups + row.index] === code) stop++;
    const lines = [row.says[code], `${(start * stepSeconds).toFixed(1)}–${(stop * stepSeconds).toFixed(1)} s`];
    if (this.before && this.before[i] !== code && (this.edited[i] || this.follows[i])) lines.push(`before the edits: ${row.short[this.before[i]]}`);
    if (this.edited[i]) lines.push("edited");
    else if (this.follows[i]) lines.push("follows an edit");
    return lines;
  }

  // ---- selection

  choose(first, last, start, stop, add, old = this.selection, dragging = false) {
    const groups = new Set(add && old ? old.groups : []);
    for (const item of this.items.slice(first, last + 1)) {
      if (item.kind === "section" && item.open) continue;
      for (const row of item.rows) groups.add(row.index);
    }
    if (add && old) [start, stop] = [Math.min(start, old.start), Math.max(stop, old.stop)];
    const chosen = groups.size ? { groups, start, stop } : null;
    if (dragging) {
      this.selection = chosen;
      this.repaint();
    } else this.select(chosen);
  }

  select(chosen) {
    this.selection = chosen;
    this.repaint();
    this.on.select(chosen);
  }

  reveal(chosen) {
    // Select, open what hides it and scroll there.
    for (const index of chosen.groups) this.folded.delete(this.byIndex.get(index).section);
    if (chosen.groups.size > 24) this.sections.forEach((name) => this.folded.add(name));
    this.layout();
    const item = this.items.find((one) => one.kind === "row" && chosen.groups.has(one.row.index));
    if (item && (this.y(item) < HEAD || this.y(item) + item.height > this.tall)) this.scroller.scrollTop = Math.max(item.y - 40, 0);
    const x = this.x(chosen.start);
    if (x < GUTTER || x > this.width - 40) this.scroller.scrollLeft = Math.max(chosen.start * this.stepWidth - 60, 0);
    this.select(chosen);
    this.paint();
  }

  key(event) {
    if (!this.motion || event.ctrlKey || event.metaKey || event.altKey || !this.items.length) return;
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (move) {
      const from = this.cursor || { item: 0, step: this.stepAt(this.x(this.time / this.motion.stepSeconds)) };
      const item = Math.min(Math.max(from.item + move[0], 0), this.items.length - 1), step = Math.min(Math.max(from.step + move[1], 0), this.steps - 1);
      if (!event.shiftKey || !this.anchor) this.anchor = event.shiftKey ? from : { item, step };
      this.cursor = { item, step };
      this.keepInSight(item, step);
      if (event.shiftKey) {
        const a = this.anchor;
        this.choose(Math.min(a.item, item), Math.max(a.item, item), Math.min(a.step, step), Math.max(a.step, step) + 1, false);
      }
      const here = this.items[item];
      this.on.say(here.kind === "row" ? this.statement(here.row, step).join(", ") : `${here.name}, ${here.open ? "open" : "folded"}`);
    } else if (event.key === "Escape") this.select(null);
    else if ((event.key === " " || event.key === "Enter") && this.cursor) {
      const here = this.items[this.cursor.item];
      if (here.kind === "section" && event.key === "Enter") {
        this.folded.has(here.name) ? this.folded.delete(here.name) : this.folded.add(here.name);
        this.layout();
      } else if (event.key === "Enter") {
        if (!this.selection) this.choose(this.cursor.item, this.cursor.item, this.cursor.step, this.cursor.step + 1, false);
        this.on.edit();
      } else return; // space plays
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.repaint();
  }

  keepInSight(index, step) {
    const item = this.items[index], box = this.scroller;
    if (this.y(item) < HEAD) box.scrollTop = item.y;
    if (this.y(item) + item.height > this.tall) box.scrollTop = item.y + item.height + HEAD - this.tall;
    if (this.x(step) < GUTTER) box.scrollLeft = step * this.stepWidth;
    if (this.x(step + 1) > this.width) box.scrollLeft = (step + 1) * this.stepWidth + GUTTER - this.width + 8;
  }
}
