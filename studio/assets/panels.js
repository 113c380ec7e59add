// The cards at the sides: generate and open, takes, words, instruction, operations.

// A button; signs such as ✕ are read out by their title.
const button = (text, title, act, className = "") => element("button", { type: "button", textContent: text, title, className, on: { click: act }, attributes: text.length === 1 ? { "aria-label": title } : {} });
const time = (seconds) => `${seconds.toFixed(1)}`;

export class GenerateCard {
  // on: generate({parts, takes, seed, guidance}), open(file), dataset(id)
  constructor(box, facts, on) {
    this.on = on;
    this.parts = element("div", { className: "parts" });
    const number = (value, more) => element("input", { type: "number", value, ...more });
    this.takes = number(2, { min: 1, max: 12 });
    this.seed = number(0, { min: 0, step: 1 });
    this.guidance = number("", { min: 0, max: 20, step: 0.5, placeholder: facts.guidance ?? "auto" });
    this.file = element("input", { type: "file", accept: facts.endings.join(","), hidden: true, on: { change: () => this.chosen() } });
    this.id = element("input", { type: "text", placeholder: "clip id", title: "a clip of the data set, such as 000006", attributes: { "aria-label": "id of a clip of the data set" } });
    const field = (text, input, title) => element("label", { title }, text, input);
    this.go = element("button", { type: "submit", className: "primary", textContent: "Generate" });
    const more = button("+ sentence", "another sentence that follows in the same motion", () => this.addPart(""), "quiet");
    const form = element("form", { on: { submit: (event) => (event.preventDefault(), this.generate()) } },
      this.parts,
      element("div", { className: "line settings" }, field("takes", this.takes, "how many to choose from"), field("seed", this.seed, "the same seed gives the same motion"), field("guidance", this.guidance, "how closely the sentence is followed; empty: the model's own"), this.go));
    const open = element("form", { className: "line open", on: { submit: (event) => (event.preventDefault(), this.id.value.trim() && on.dataset(this.id.value.trim())) } },
      button("Open a file…", `a motion file: ${facts.endings.join(", ")}; or drop it on the page`, () => this.file.click()), this.id, element("button", { type: "submit", textContent: "Open id" }), this.file);
    box.append(element("div", { className: "line head" }, element("h2", { textContent: "Generate" }), more), form, open);
    this.addPart("a person walks forward and waves with the right hand");
  }

  addPart(text) {
    const enter = (event) => event.key === "Enter" && !event.shiftKey && (event.preventDefault(), this.generate());
    const says = element("textarea", { value: text, placeholder: "a person …", maxLength: 500, className: "says", attributes: { "aria-label": "what the person does" }, on: { keydown: enter } });
    const long = element("input", { type: "number", min: 0.2, max: 300, step: "any", placeholder: "auto", title: "seconds; empty: the model ends it", attributes: { "aria-label": "seconds" } });
    const side = element("div", { className: "side" }, long), row = element("div", { className: "part" }, says, side);
    side.append(this.parts.childElementCount ? button("leave out", "leave this sentence out", () => row.remove(), "quiet") : element("span", { textContent: "seconds" }));
    row.read = () => ({ text: says.value.trim(), seconds: long.value === "" ? null : Number(long.value) });
    this.parts.append(row);
    if (text === "") says.focus();
  }

  generate() {
    const parts = [...this.parts.children].map((row) => row.read()).filter((part) => part.text);
    this.on.generate({ parts, takes: Number(this.takes.value) || 1, seed: Number(this.seed.value) || 0, guidance: this.guidance.value === "" ? null : Number(this.guidance.value) });
  }

  chosen() {
    if (this.file.files.length) this.on.open(this.file.files[0]);
    this.file.value = "";
  }
}

export function showTakes(box, session, choose) {
  box.hidden = !session || session.takes.length < 1;
  if (box.hidden) return;
  const list = element("div", { className: "takes" }, ...session.takes.map((take, i) => {
    const made = button("", `${take.title}, ${take.origin}`, () => choose(take.id), take.id === session.take ? "take on" : "take");
    made.setAttribute("aria-pressed", take.id === session.take);
    made.append(element("b", { textContent: i + 1 }), element("span", { className: "says", textContent: take.title || "motion" }), element("span", { className: "origin", textContent: take.origin }));
    return made;
  }));
  box.replaceChildren(element("h2", { textContent: "Takes" }), list);
  const on = list.querySelector(".on");
  if (on) list.scrollTop = Math.max(on.offsetTop - list.offsetTop - 40, 0);
}

export class WordsCard {
  constructor(box, seek) {
    Object.assign(this, { box, seek, lines: [], spans: [] });
  }

  show(motion) {
    this.box.hidden = !motion;
    if (!motion) return;
    this.spans = motion.spans;
    this.now = -1;
    this.lines = motion.spans.map((span) => element("li", {}, button("", "go there", () => this.seek(span.begin), "quiet")));
    this.lines.forEach((line, i) => line.firstChild.append(element("time", { textContent: `${time(motion.spans[i].begin)}–${time(motion.spans[i].end)} s` }), element("span", { textContent: motion.spans[i].says.join("; ") })));
    this.list = element("ol", { className: "says" }, ...this.lines);
    this.box.replaceChildren(element("h2", { textContent: "In words" }), this.list);
  }

  at(seconds) {
    let now = this.spans.findIndex((span) => seconds < span.end - 1e-6);
    if (now < 0) now = this.spans.length - 1;
    if (now === this.now || this.box.hidden) return;
    this.now = now;
    this.lines.forEach((line, i) => line.classList.toggle("now", i === now));
    const line = this.lines[now], list = this.list;
    if (line && (line.offsetTop - list.offsetTop < list.scrollTop || line.offsetTop - list.offsetTop + line.offsetHeight > list.scrollTop + list.clientHeight)) list.scrollTop = line.offsetTop - list.offsetTop - 12;
  }
}

export function makeInstruction(box, facts, instruct) {
  const text = element("input", { type: "text", maxLength: 500, placeholder: facts.examples[1].toLowerCase(), attributes: { "aria-label": "instruction", list: "instruction-examples" } });
  const model = element("input", { type: "checkbox" });
  const go = element("button", { type: "submit", className: "primary", textContent: "Do it", disabled: true });
  const form = element("form", { className: "line", on: { submit: (event) => (event.preventDefault(), text.value.trim() && instruct(text.value.trim(), model.checked, () => (text.value = ""))) } }, text, go);
  box.append(element("h2", { textContent: "Say what to change" }), form,
    element("datalist", { id: "instruction-examples" }, ...facts.examples.map((value) => element("option", { value }))));
  if (facts.languageModel) box.append(element("label", { className: "check" }, model, "ask the language model"));
  return { enable: (on) => (go.disabled = !on), focus: () => text.focus() };
}

export class OperationsCard {
  // on: change(list of plain operations, label), edit(index), add(), reveal(index)
  constructor(box, on) {
    Object.assign(this, { box, on });
  }

  show(session, motion) {
    const list = session ? session.operations : [], plain = list.map((one) => one.plain);
    const without = (i) => plain.filter((_, at) => at !== i);
    const swapped = (i) => plain.map((one, at) => (at === i ? plain[i + 1] : at === i + 1 ? plain[i] : one));
    const rows = list.map((one, i) => element("li", {},
      button("", "select what it is about", () => this.on.reveal(i), "quiet what"),
      element("span", { className: "acts" },
        button("Edit", `change operation ${i + 1}`, () => this.on.edit(i), "quiet"),
        i ? button("↑", `do operation ${i + 1} earlier`, () => this.on.change(swapped(i - 1), `move ${one.name}`), "quiet") : "",
        button("✕", `remove operation ${i + 1}`, () => this.on.change(without(i), `remove ${one.name}`), "quiet"))));
    rows.forEach((row, i) => row.firstChild.append(element("b", { textContent: list[i].name.replace(/(?<=[a-z])(?=[A-Z])/g, " ") }), element("span", { className: "when", textContent: spanText(list[i].span) }), element("span", { className: "says", textContent: list[i].says })));
    const add = button("+ Operation", "any operation, by a form", () => this.on.add());
    add.disabled = !motion;
    const head = element("div", { className: "line head" }, element("h2", { textContent: list.length ? `Operations (${list.length})` : "Operations" }), add);
    this.box.replaceChildren(head, list.length ? element("ol", { className: "operations" }, ...rows) : element("p", { className: "hint", textContent: motion ? "Nothing is changed yet. What you do appears here as a list; each entry can be changed, moved or taken out." : "What is changed appears here." }));
    if (motion && motion.difference.length) this.box.append(this.difference(motion));
  }

  difference(motion) {
    const { health } = motion, notes = [];
    if (motion.success !== null) notes.push(element("p", { className: motion.success < 0.9 ? "note bad" : "note", textContent: `${Math.round(100 * motion.success)} % of the edited codes are within one category of what was asked for` }));
    const told = (key, unit, digits) => `${health.before[key].toFixed(digits)} → ${health.after[key].toFixed(digits)} ${unit}`;
    notes.push(element("p", { className: health.worse.length ? "note bad" : "note", textContent: health.worse.length ? health.worse.join("; ") : `feet slide ${told("slide", "mm a frame", 1)}, sharpest jerk ${told("peak", "m/s²", 0)}` }));
    return element("details", { open: true, className: "difference" }, element("summary", { textContent: "What changed" }),
      element("ul", {}, ...motion.difference.map((line) => element("li", { className: line.startsWith("  ") ? "with" : "", textContent: line.trim() }))), ...notes);
  }
}

function spanText({ start, stop, unit }) {
  if (start === 0 && stop === null) return "throughout";
  const end = stop === null ? "end" : +stop.toFixed(2), short = { seconds: "s", frames: "frames", steps: "steps", share: "of the clip" }[unit];
  return `${+start.toFixed(2)}–${end} ${short}`;
}

// A button that opens a list; items(): [text, hint, act] or elements, asked for when it opens.
export function makeMenu(root, items) {
  const [opener, list] = root.children;
  const close = () => {
    list.hidden = true;
    opener.setAttribute("aria-expanded", "false");
  };
  opener.addEventListener("click", async () => {
    if (!list.hidden) return close();
    list.replaceChildren(...(await items()).map((item) => (item instanceof Node ? item : menuItem(item, close))));
    list.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    if (list.querySelector("button")) list.querySelector("button").focus();
  });
  root.addEventListener("keydown", (event) => {
    const all = [...list.querySelectorAll("button")], at = all.indexOf(document.activeElement);
    if (event.key === "Escape") (close(), opener.focus());
    else if (event.key === "ArrowDown") all[(at + 1) % all.length]?.focus();
    else if (event.key === "ArrowUp") all[(at - 1 + all.length) % all.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("pointerdown", (event) => root.contains(event.target) || close());
  return { enable: (on) => (opener.disabled = !on), close };
}

function menuItem([text, hint, act], close) {
  const made = button("", hint, () => (close(), act()));
  made.setAttribute("role", "menuitem");
  made.append(element("span", { textContent: text }), element("span", { className: "hint", textContent: hint }));
  return made;
}
