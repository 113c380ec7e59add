// The player in the middle: the motion after the edits, before them, both side by side, or one as the other's ghost.
// Drawing itself is the player's (visualization/player_*.js).

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];
const SLOW = 30; // milliseconds a drawing may take before it is done with fewer pixels
const MODES = [["after", "after"], ["before", "before"], ["both", "side by side"], ["ghost", "ghost"]];

// Whether WebGL is emulated: skinning 12,000 vertices a picture takes a processor too long, the plain canvas is fluent there.
function drawnByProcessor() {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) return true;
  const about = gl.getExtension("WEBGL_debug_renderer_info"), name = String(gl.getParameter(about ? about.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

export class Stage {
  // on: time(seconds, playing) with every frame
  constructor(box, body, on) {
    Object.assign(this, { box, body, on });
    this.asked = new URLSearchParams(location.search).get("gl"); // 1: WebGL in any case, 0: never
    this.renderBy(makeRenderer(body, this.asked ? this.asked !== "0" : !drawnByProcessor()));
    this.view = { ...FIRST_VIEW };
    this.state = { time: 0, playing: false, speed: 1, mode: "after", look: "body", residuals: true, follow: false, marks: true };
    this.motions = {};
    this.quality = 1;
    this.drawn = 0; // pictures so far
    this.cost = 0;
    this.last = null;
    this.build();
  }

  renderBy(renderer) {
    this.renderer = renderer;
    document.documentElement.dataset.renderer = renderer.constructor.name;
  }

  build() {
    const button = (name, text, title, act) => (this[name] = element("button", { type: "button", textContent: text, title, on: { click: act } }));
    const group = (name, label, choices, pick) => {
      this[name] = choices.map(([value, text]) => element("button", { type: "button", textContent: text, value, on: { click: () => pick(value) } }));
      return element("span", { className: "switch", attributes: { role: "group", "aria-label": label } }, ...this[name]);
    };
    const set = (key) => (value) => this.set({ [key]: value });
    this.panels = ["after", "before"].map((name) => {
      const canvas = element("canvas"), label = element("span", { className: "variant" });
      const box = element("div", { className: "view", hidden: name === "before" }, canvas, label);
      addOrbit(box, this.view, () => this.redraw());
      return { name, box, canvas, label };
    });
    this.empty = element("div", { className: "empty" }, element("p", { textContent: "Say what a person does, or open a motion: it appears here." }));
    this.caption = element("p", { className: "caption", hidden: true });
    this.warning = element("p", { className: "warning", hidden: true });
    const views = element("div", { className: "views" }, ...this.panels.map((panel) => panel.box), this.empty, this.caption, this.warning);
    const top = element("div", { className: "above" },
      group("modeButtons", "what is shown", MODES, set("mode")),
      button("residualButton", "residual codes", "decode with the residual codes, or by the pose codes alone (R)", () => this.set({ residuals: !this.state.residuals })),
      group("lookButtons", "figure", [["body", "body"], ["sticks", "sticks"]], set("look")),
      button("marksButton", "footprints", "the path and where feet are set down (P)", () => this.set({ marks: !this.state.marks })),
      button("followButton", "follow", "the camera follows the person (F)", () => this.set({ follow: !this.state.follow })));
    this.scrub = element("input", { type: "range", className: "scrub", min: 0, max: 1, step: 0.001, value: 0, attributes: { "aria-label": "time" }, on: { input: () => this.seek(Number(this.scrub.value)) } });
    this.clock = element("span", { className: "clock" });
    this.speed = element("select", { title: "speed", attributes: { "aria-label": "speed" }, on: { change: () => this.set({ speed: Number(this.speed.value) }) } },
      ...SPEEDS.map((speed) => element("option", { value: speed, textContent: `${speed}×`, selected: speed === 1 })));
    const below = element("div", { className: "below" }, button("playButton", "▶", "play or pause (space)", () => this.play(!this.state.playing)), this.scrub, this.clock, this.speed);
    this.playButton.className = "play";
    this.playButton.setAttribute("aria-label", "play");
    this.box.append(top, views, below);
    new ResizeObserver(() => this.redraw()).observe(views);
    this.update();
  }

  show(motion) {
    this.motions = {};
    this.caption.hidden = !motion;
    this.empty.hidden = Boolean(motion);
    this.sentences = motion ? motion.sentences : [];
    this.title = motion ? motion.clip.title : "";
    if (motion) {
      for (const variant of motion.clip.variants) this.motions[variant.name] = new Motion(variant, motion.fps, this.body.bones);
      const long = Math.max(...Object.values(this.motions).map((one) => one.frames));
      this.duration = Math.max((long - 1) / motion.fps, 0.001);
      this.frameTime = 1 / motion.fps;
      this.state.time = Math.min(this.state.time, this.duration);
      if (this.framed !== motion.key) this.state.follow = this.motions.after.extent > 3.5;
      this.framed = motion.key;
    } else {
      this.duration = 0;
      for (const { canvas } of this.panels) canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    }
    if (!this.motions.before && this.state.mode !== "after") this.state.mode = "after";
    const worse = motion && motion.health ? motion.health.worse : [];
    this.warning.hidden = !worse.length;
    this.warning.textContent = worse.join(" · ");
    this.update();
  }

  set(change) {
    Object.assign(this.state, change);
    this.update();
  }

  update() {
    const { state } = this, edited = Boolean(this.motions.before), both = state.mode === "both" && edited;
    for (const made of this.modeButtons) Object.assign(made, { className: made.value === state.mode ? "on" : "", disabled: !edited && made.value !== "after" });
    for (const made of this.modeButtons) made.setAttribute("aria-pressed", made.value === state.mode);
    for (const made of this.lookButtons) made.className = made.value === state.look ? "on" : "";
    this.residualButton.className = state.residuals ? "on" : "";
    this.residualButton.hidden = !this.motions["pose codes alone"];
    this.marksButton.className = state.marks ? "on" : "";
    this.followButton.className = state.follow ? "on" : "";
    for (const control of [this.playButton, this.scrub, this.speed]) control.disabled = !this.motions.after;
    this.panels[1].box.hidden = !both;
    this.redraw();
  }

  seek(time) {
    this.state.time = Math.min(Math.max(time, 0), this.duration || 0);
    this.redraw();
  }

  step(frames) {
    this.play(false);
    this.seek((Math.round(this.state.time / this.frameTime) + frames) * this.frameTime);
  }

  play(on) {
    if (!this.motions.after) return;
    if (on && this.state.time >= this.duration - 1e-3) this.state.time = 0;
    this.state.playing = on;
    this.last = null;
    this.redraw();
  }

  redraw() {
    if (!this.pending) requestAnimationFrame((now) => this.tick(now));
    this.pending = true;
  }

  tick(now) {
    this.pending = false;
    const { state } = this;
    if (state.playing) {
      if (this.last !== null) state.time += (state.speed * Math.min(now - this.last, 100)) / 1000;
      this.last = now;
      if (state.time > this.duration + 0.4) state.time = 0; // the end stays for a moment
      this.redraw();
    }
    this.draw();
  }

  shownIn(panel) {
    // The motion of a panel, and its ghost.
    const { state, motions } = this, after = state.residuals || !motions["pose codes alone"] ? motions.after : motions["pose codes alone"];
    if (panel.name === "before") return [motions.before, null];
    if (state.mode === "before") return [motions.before, null];
    return [after, state.mode === "ghost" ? motions.before : null];
  }

  draw() {
    this.drawn += 1;
    const { state } = this, shown = Math.min(state.time, this.duration || 0);
    this.playButton.textContent = state.playing ? "❚❚" : "▶";
    this.playButton.setAttribute("aria-label", state.playing ? "pause" : "play");
    if (this.motions.after) {
      const begun = performance.now(), both = state.mode === "both" && this.motions.before;
      for (const panel of this.panels) {
        if (panel.box.hidden) continue;
        const [motion, ghost] = this.shownIn(panel);
        fitCanvas(panel.canvas, panel.box, this.quality);
        drawMotion(this.renderer, panel.canvas, motion, this.motions.after, shown, this.view, this.body.segments, { look: state.look, follow: state.follow, ghost, marks: state.marks });
        const name = both ? panel.name : state.mode === "ghost" ? "after, with the motion before as a ghost" : this.motions.before ? state.mode : "";
        panel.label.textContent = !state.residuals && panel.name === "after" && state.mode !== "before" ? `${name ? `${name}, ` : ""}pose codes alone` : name;
      }
      this.adapt(performance.now() - begun);
      this.scrub.max = this.duration;
      this.scrub.value = shown;
      const told = this.sentences.find((one) => shown < one.end - 1e-6);
      this.caption.textContent = told ? told.says : this.title;
    }
    this.clock.textContent = `${shown.toFixed(2)} / ${(this.duration || 0).toFixed(2)} s`;
    this.on.time(shown, state.playing);
  }

  adapt(milliseconds) {
    // Where drawing is slow, fewer pixels keep it fluent; where that is not enough, the plain canvas does.
    this.cost = 0.8 * this.cost + 0.2 * milliseconds;
    if (this.cost > SLOW && this.quality > 0.4) {
      this.quality = Math.max(0.4, this.quality * 0.8);
      this.cost = SLOW / 2;
    } else if (this.cost > 2 * SLOW && !this.asked && this.renderer instanceof WebGLRenderer) {
      this.renderBy(new CanvasRenderer(this.body));
      [this.quality, this.cost] = [1, 0];
    }
  }
}
