// The player itself: data, time, camera, panels and controls.
// Behind the address: #t=1.5 (seconds; opens paused), play=0|1, speed=0.5, variant=0|1, look=body|sticks, codes=1,
// az and el (degrees), zoom, gl=0 (no WebGL). The address follows what is shown whenever playing stops.

const data = JSON.parse(document.getElementById("data").textContent);
const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];
const view = { ...FIRST_VIEW };
const state = { time: 0, playing: true, speed: 1, variant: 0, look: data.look, codes: false, follow: null };

// ---- page ---------------------------------------------------------------------------------------------------

class Panel {
  constructor(clip, solo) {
    this.clip = clip;
    this.motions = clip.variants.map((variant) => new Motion(variant, clip.fps, data.bones));
    this.codes = clip.codes && unpack.array(clip.codes);
    this.canvas = element("canvas");
    this.label = element("span", { className: "variant" });
    this.sentence = element("p", { className: "sentence", hidden: !clip.sentences.length });
    this.view = element("div", { className: "view" }, this.canvas, this.label, this.sentence);
    this.spans = (clip.spans || []).map((span) => element("li", { on: { click: () => seek(span.begin) } },
      element("time", { textContent: `${span.begin.toFixed(1)}–${span.end.toFixed(1)} s` }), element("span", { textContent: span.says.join("; ") })));
    this.list = element("ul", { className: "says" }, ...this.spans);
    const side = element("div", { className: "side" });
    if (this.spans.length) side.append(this.list);
    if (this.codes) side.append(this.makeCodes());
    this.root = element("section", { className: solo ? "panel solo" : "panel" });
    if (clip.title) this.root.append(element("h2", { textContent: clip.title }));
    this.root.append(this.view);
    if (side.childNodes.length) this.root.append(side);
    addOrbit(this.view, view, redraw);
  }

  makeCodes() {
    this.codeTitle = element("span");
    this.filter = element("input", { type: "search", placeholder: "filter, e.g. elbow", on: { input: () => ((this.step = null), redraw()) } });
    this.codeList = element("ol");
    this.codeLines = data.codeTexts.map(() => element("li"));
    this.codeList.append(...this.codeLines);
    this.codeBox = element("div", { className: "codes", hidden: true }, element("div", { className: "top" }, this.codeTitle, this.filter), this.codeList);
    return this.codeBox;
  }

  motion() {
    return this.motions[Math.min(state.variant, this.motions.length - 1)];
  }

  draw(renderer) {
    fitCanvas(this.canvas, this.view);
    const motion = this.motion();
    drawMotion(renderer, this.canvas, motion, this.motions[0], state.time, view, data.segments, state);
    const name = this.motions.length > 1 ? motion.name : "";
    if (this.label.textContent !== name) this.label.textContent = name;
    this.say();
  }

  say() {
    const sentences = this.clip.sentences, told = sentences.find((sentence) => state.time < sentence.end - 1e-6) || sentences[sentences.length - 1];
    if (told && this.sentence.textContent !== told.says) this.sentence.textContent = told.says;
    const spans = this.clip.spans || [];
    let now = spans.findIndex((span) => state.time < span.end - 1e-6);
    if (now < 0) now = spans.length - 1;
    if (now !== this.now && spans.length) {
      this.spans.forEach((line, i) => line.classList.toggle("now", i === now));
      const line = this.spans[now], box = this.list;
      if (line.offsetTop - box.offsetTop < box.scrollTop || line.offsetTop - box.offsetTop + line.offsetHeight > box.scrollTop + box.clientHeight)
        box.scrollTop = line.offsetTop - box.offsetTop - 20;
      this.now = now;
    }
    if (!this.codes) return;
    this.codeBox.hidden = !state.codes;
    const [steps, groups] = this.clip.codes.shape;
    const step = Math.min(Math.floor(state.time * this.clip.stepsPerSecond + 1e-6), steps - 1);
    if (!state.codes || step === this.step) return;
    this.step = step;
    const wanted = this.filter.value.trim().toLowerCase();
    this.codeTitle.textContent = `pose codes, step ${step + 1} of ${steps}`;
    this.codeLines.forEach((line, g) => {
      const code = this.codes[step * groups + g], text = data.codeTexts[g][code];
      line.textContent = text;
      line.hidden = wanted !== "" && !text.toLowerCase().includes(wanted);
      line.classList.toggle("new", step > 0 && this.codes[(step - 1) * groups + g] !== code);
    });
  }
}

// ---- time and controls --------------------------------------------------------------------------------------

const duration = Math.max(...data.clips.map((clip) => (clip.frames - 1) / clip.fps), 0.001);
const frameTime = 1 / Math.max(...data.clips.map((clip) => clip.fps));
const variantNames = data.clips.map((clip) => clip.variants.map((v) => v.name)).sort((a, b) => b.length - a.length)[0];
const panels = data.clips.map((clip) => new Panel(clip, data.clips.length === 1));
if (panels.some((panel) => panel.motions[0].extent > 3)) state.follow = true;

const controls = {};
function makeControls() {
  const bar = document.querySelector(".controls");
  const button = (text, title, click, name) => (controls[name] = element("button", { textContent: text, title, type: "button", on: { click } }));
  bar.append(button("▶", "play or pause (space); arrow keys step by frames", () => play(!state.playing), "play"));
  controls.play.className = "play";
  controls.scrub = element("input", { type: "range", className: "scrub", min: 0, max: duration, step: 0.001, attributes: { "aria-label": "time" },
    on: { input: (event) => seek(Number(event.target.value)) } });
  controls.clock = element("span", { className: "clock" });
  controls.speed = element("select", { title: "speed", on: { change: (event) => set("speed", Number(event.target.value)) } },
    ...SPEEDS.map((speed) => element("option", { value: speed, textContent: `${speed}×` })));
  bar.append(controls.scrub, controls.clock, controls.speed);
  if (variantNames.length > 1) bar.append(switchOf("variant", variantNames.map((name, i) => [i, name]), "residual codes on or off (R)"));
  bar.append(switchOf("look", Object.keys(data.looks).map((look) => [look, look]), "body or sticks (B)"));
  bar.append(button("follow", "camera follows the person (F)", () => set("follow", !state.follow), "follow"));
  if (data.clips.some((clip) => clip.codes)) bar.append(button("all codes", "every pose code of this step (C)", () => set("codes", !state.codes), "codes"));
}

function switchOf(key, choices, title) {
  const box = element("span", { className: "switch", title });
  controls[key] = choices.map(([value, text]) => {
    const made = element("button", { type: "button", textContent: text, on: { click: () => set(key, value) } });
    made.value = value;
    box.append(made);
    return made;
  });
  return box;
}

function set(key, value) {
  state[key] = value;
  redraw();
  remember();
}

function seek(time) {
  state.time = Math.min(Math.max(time, 0), duration);
  redraw();
  if (!state.playing) remember();
}

function play(on) {
  if (on && state.time >= duration - 1e-3) state.time = 0;
  state.playing = on;
  last = null;
  redraw();
  if (!on) remember();
}

let pending = false, last = null;
function redraw() {
  if (!pending) requestAnimationFrame(tick);
  pending = true;
}

function tick(now) {
  pending = false;
  if (state.playing) {
    if (last !== null) state.time += (state.speed * Math.min(now - last, 100)) / 1000;
    last = now;
    if (state.time > duration + 0.4) state.time = 0; // the end stays for a moment
    redraw();
  }
  draw();
}

function draw() {
  const shown = Math.min(state.time, duration);
  controls.play.textContent = state.playing ? "❚❚" : "▶";
  controls.scrub.value = shown;
  controls.clock.textContent = `${shown.toFixed(2)} / ${duration.toFixed(2)} s`;
  controls.speed.value = state.speed;
  for (const key of ["variant", "look"]) for (const made of controls[key] || []) made.classList.toggle("on", made.value === String(state[key]));
  for (const key of ["follow", "codes"]) if (controls[key]) controls[key].classList.toggle("on", Boolean(state[key]));
  for (const panel of panels) panel.draw(renderer);
}

// ---- address and keys ---------------------------------------------------------------------------------------

let noWebGL = false;
function recall() {
  const wish = new URLSearchParams(location.hash.slice(1)), number = (key) => (wish.has(key) && Number.isFinite(Number(wish.get(key))) ? Number(wish.get(key)) : null);
  if (number("t") !== null) Object.assign(state, { time: Math.min(Math.max(number("t"), 0), duration), playing: false });
  if (wish.has("play")) state.playing = wish.get("play") !== "0";
  if (SPEEDS.includes(number("speed"))) state.speed = number("speed");
  if (number("variant") !== null) state.variant = Math.min(Math.max(Math.round(number("variant")), 0), variantNames.length - 1);
  if (wish.get("look") in data.looks) state.look = wish.get("look");
  if (wish.has("codes")) state.codes = wish.get("codes") !== "0";
  if (wish.has("follow")) state.follow = wish.get("follow") !== "0";
  view.azimuth = number("az") ?? view.azimuth;
  view.elevation = number("el") ?? view.elevation;
  view.zoom = number("zoom") ?? view.zoom;
  noWebGL = wish.get("gl") === "0";
}

function remember() {
  const wish = new URLSearchParams({ t: state.time.toFixed(2), variant: state.variant, look: state.look, az: view.azimuth.toFixed(0), el: view.elevation.toFixed(0), zoom: view.zoom.toFixed(2) });
  if (state.codes) wish.set("codes", 1);
  try {
    history.replaceState(null, "", `#${wish}`);
  } catch {
    // Some embedding pages forbid it; the player works without.
  }
}

const KEYS = {
  " ": () => play(!state.playing),
  ArrowLeft: () => (play(false), seek(state.time - frameTime)),
  ArrowRight: () => (play(false), seek(state.time + frameTime)),
  Home: () => seek(0),
  End: () => seek(duration),
  r: () => set("variant", (state.variant + 1) % variantNames.length),
  b: () => set("look", state.look === "body" ? "sticks" : "body"),
  f: () => set("follow", !state.follow),
  c: () => set("codes", !state.codes),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.target.matches && event.target.matches("input[type=search], select"))) return;
  const act = KEYS[event.key] || KEYS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});
addEventListener("resize", redraw);
addEventListener("hashchange", () => (recall(), redraw()));

document.querySelector("h1").textContent = data.title;
const main = document.querySelector("main");
main.append(...panels.map((panel) => panel.root));
if (panels.length > 3) {
  // A grid, as wide as screens are: 2 by 2, 2 by 3, 2 by 4, 3 by 3, 3 by 4 ...
  const columns = panels.length <= 8 ? Math.ceil(panels.length / 2) : Math.ceil(Math.sqrt(panels.length)), rows = Math.ceil(panels.length / columns);
  main.classList.add("many");
  main.style.setProperty("--rows", rows);
  Object.assign(main.style, { gridAutoFlow: "row", gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, gridTemplateRows: `repeat(${rows}, auto minmax(0, 1fr) auto)` });
}
makeControls();
recall();
const renderer = makeRenderer(data, !noWebGL);
document.documentElement.dataset.renderer = renderer.constructor.name;
draw();
redraw();
