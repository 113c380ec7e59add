// How the roll looks. Two canvases: `cells` is painted when data, folds, zoom or scroll change, `over` (selection, cursor,
// play head) with every frame, so that playing costs little however many cells there are.

import { ACCENT, EDITED, FOLLOWS, colourOf } from "/assets/colours.js";

export const GUTTER = 232, RULER = 22, LANE = 9, HEAD = RULER + 2 * LANE + 5, SECTION = 22;
export const GLOW = 1600; // milliseconds that rows light up after an edit
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const INK = "#1c2330", SOFT = "#545d6b", LINE = "#d5dae1", PAPER = "#ffffff", BAND = "#f1f4f8";
const LEFT_FOOT = "#4684d6", RIGHT_FOOT = "#e0622d";

// Paints what a Roll holds: items, codes, marks, selection, cursor, time.
export class RollPainting {
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
}
