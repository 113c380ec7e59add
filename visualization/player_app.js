// The player itself: data, time, camera, panels and controls.
// Behind the address: #t=1.5 (seconds; opens paused), play=0|1, speed=0.5, variant=0|1, look=body|sticks, codes=1,
// az and el (degrees), zoom, gl=0 (no WebGL). The address follows what is shown whenever playing stops.

const data = JSON.parse(document.getElementById("data").textContent);
const SLOPE = Math.tan((17 * Math.PI) / 180);
const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];
const view = { azimuth: 32, elevation: 14, zoom: 1 };
const state = { time: 0, playing: true, speed: 1, variant: 0, look: data.look, codes: false, follow: null };

// ---- motion -------------------------------------------------------------------------------------------------

class Motion {
  // One variant of a clip: bone transforms by frame, blended between frames.
  constructor(packed, fps) {
    Object.assign(this, { fps, frames: packed.frames, scale: packed.scale, marks: packed.marks, name: packed.name });
    for (const key of ["origin", "turn", "stretch"]) this[key] = unpack.array(packed[key]);
    this.bones = data.bones[0].length;
    this.measure();
  }

  measure() {
    // Middle and size of the space that the whole clip takes.
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < this.origin.length; i++) {
      low[i % 3] = Math.min(low[i % 3], this.origin[i]);
      high[i % 3] = Math.max(high[i % 3], this.origin[i]);
    }
    this.middle = low.map((v, i) => (v + high[i]) / 2);
    this.top = high[1];
    this.extent = Math.hypot(high[0] - low[0], high[2] - low[2]);
  }

  at(time) {
    // World matrices (12 numbers per bone, row by row) at a time in seconds, for the shader and the canvas.
    const f = Math.min(Math.max(time * this.fps, 0), this.frames - 1);
    const first = Math.min(Math.floor(f), Math.max(this.frames - 2, 0)), second = Math.min(first + 1, this.frames - 1), share = f - first;
    const out = new Float32Array(12 * this.bones), [start, direction] = data.bones;
    const mix = (array, width, b, i) => {
      const p = array[(first * this.bones + b) * width + i], q = array[(second * this.bones + b) * width + i];
      return p + (q - p) * share;
    };
    for (let b = 0; b < this.bones; b++) {
      const q = [0, 1, 2, 3].map((i) => mix(this.turn, 4, b, i)), n = Math.hypot(...q);
      const [x, y, z, w] = q.map((v) => v / n);
      const turn = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
      ];
      const d = direction[b], s = start[b], extra = mix(this.stretch, 1, b, 0) - this.scale;
      for (let r = 0; r < 3; r++) {
        // turn (scale I + extra d d'): thickness stays, length follows the joints
        const along = turn[r][0] * d[0] + turn[r][1] * d[1] + turn[r][2] * d[2];
        let moved = mix(this.origin, 3, b, r);
        for (let c = 0; c < 3; c++) {
          const value = this.scale * turn[r][c] + extra * along * d[c];
          out[12 * b + 4 * r + c] = value;
          moved -= value * s[c];
        }
        out[12 * b + 4 * r + 3] = moved;
      }
    }
    return out;
  }

  root(time, window) {
    // Where the pelvis is on the floor, averaged over `window` seconds, so that a following camera is calm.
    const from = Math.max(0, Math.round((time - window) * this.fps)), to = Math.min(this.frames - 1, Math.round((time + window) * this.fps));
    let [x, z, n] = [0, 0, 0];
    for (let f = Math.min(from, this.frames - 1); f <= to; f++, n++) {
      x += this.origin[3 * f * this.bones];
      z += this.origin[3 * f * this.bones + 2];
    }
    return n ? [x / n, z / n] : [this.origin[3 * (this.frames - 1) * this.bones], this.origin[3 * (this.frames - 1) * this.bones + 2]];
  }
}

function piecesOf(matrices) {
  const out = new Float32Array(6 * data.segments.length);
  data.segments.forEach(([first, a, second, b], i) => {
    [[first, a], [second, b]].forEach(([bone, p], e) => {
      for (let r = 0; r < 3; r++) {
        const m = 12 * bone + 4 * r;
        out[6 * i + 3 * e + r] = matrices[m] * p[0] + matrices[m + 1] * p[1] + matrices[m + 2] * p[2] + matrices[m + 3];
      }
    });
  });
  return out;
}

// ---- page ---------------------------------------------------------------------------------------------------

function element(kind, properties, ...children) {
  const { on, attributes, ...rest } = properties || {};
  const made = Object.assign(document.createElement(kind), rest);
  for (const [name, handler] of Object.entries(on || {})) made.addEventListener(name, handler);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

class Panel {
  constructor(clip, solo) {
    this.clip = clip;
    this.motions = clip.variants.map((variant) => new Motion(variant, clip.fps));
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
    addOrbit(this.view);
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

  resize() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2), box = this.view.getBoundingClientRect();
    const [w, h] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
  }

  draw(renderer) {
    this.resize();
    const motion = this.motion(), matrices = motion.at(state.time), aspect = this.canvas.width / this.canvas.height;
    const [x, z] = motion.root(state.time, 0), calm = motion.root(state.time, 0.6);
    const frame = this.motions[0]; // one framing for all variants, so that a switch shows only the motion's change
    const follow = state.follow;
    const tall = Math.max(frame.top + 0.35, 1.3), wide = follow ? 1.7 : frame.extent + 1.1;
    const target = follow ? [calm[0], tall / 2 - 0.06, calm[1]] : [frame.middle[0], tall / 2 - 0.06, frame.middle[2]];
    const distance = Math.max((tall * 1.16) / 2 / SLOPE, wide / 2 / SLOPE / aspect) + (follow ? 0.4 : frame.extent * 0.3);
    const camera = orbitCamera(target, (view.azimuth * Math.PI) / 180, (view.elevation * Math.PI) / 180, distance / view.zoom, SLOPE, aspect);
    const scene = { matrices, pieces: piecesOf(matrices), marks: motion.marks, time: state.time, centre: [x, 0, z], reach: Math.max(5, wide * 1.6), scale: motion.scale };
    renderer.draw(this.canvas, scene, camera, state.look);
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

// ---- camera by pointer --------------------------------------------------------------------------------------

function addOrbit(box) {
  const pointers = new Map();
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };
  box.addEventListener("pointerdown", (event) => {
    box.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  box.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const before = pointers.size === 2 ? spread() : 0;
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (before) zoomBy(spread() / before);
    else {
      view.azimuth -= 0.4 * (event.clientX - last[0]);
      view.elevation = Math.min(89, Math.max(-4, view.elevation + 0.3 * (event.clientY - last[1])));
    }
    redraw();
  });
  const release = (event) => pointers.delete(event.pointerId);
  for (const kind of ["pointerup", "pointercancel"]) box.addEventListener(kind, release);
  box.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomBy(Math.exp(-0.0012 * event.deltaY));
    redraw();
  }, { passive: false });
  box.addEventListener("dblclick", () => {
    Object.assign(view, { azimuth: 32, elevation: 14, zoom: 1 });
    redraw();
  });
}

function zoomBy(factor) {
  view.zoom = Math.min(8, Math.max(0.3, view.zoom * factor));
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
let renderer;
try {
  if (noWebGL) throw new Error("not wanted");
  renderer = new WebGLRenderer(data);
} catch (error) {
  renderer = new CanvasRenderer(data);
}
document.documentElement.dataset.renderer = renderer.constructor.name;
draw();
redraw();
