// The roll: a row for every statement about the pose, a column for every step, one colour a category.
// What it holds, and what mouse and keys do in it; roll_painting.js has how it looks.

import { GLOW, GUTTER, HEAD, RollPainting, SECTION } from "/assets/roll_painting.js";

export class Roll extends RollPainting {
  // on: seek(seconds), select(selection or null), say(text), tip(text lines or null, event)
  constructor(box, facts, on) {
    super();
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
