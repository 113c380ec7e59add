// What every page with a person shares: a motion by time, its place in front of the camera, orbit by pointer.

const SLOPE = Math.tan((17 * Math.PI) / 180);
const FIRST_VIEW = { azimuth: 32, elevation: 14, zoom: 1 };

class Motion {
  // One variant of a clip: bone transforms by frame, blended between frames. rest: start and direction of each bone.
  constructor(packed, fps, rest) {
    Object.assign(this, { fps, rest, frames: packed.frames, scale: packed.scale, marks: packed.marks, name: packed.name });
    for (const key of ["origin", "turn", "stretch"]) this[key] = unpack.array(packed[key]);
    this.bones = rest[0].length;
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
    const out = new Float32Array(12 * this.bones), [start, direction] = this.rest;
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

// World ends of the body's segments for a motion's matrices: six numbers a segment.
function piecesOf(matrices, segments) {
  const out = new Float32Array(6 * segments.length);
  segments.forEach(([first, a, second, b], i) => {
    [[first, a], [second, b]].forEach(([bone, p], e) => {
      for (let r = 0; r < 3; r++) {
        const m = 12 * bone + 4 * r;
        out[6 * i + 3 * e + r] = matrices[m] * p[0] + matrices[m + 1] * p[1] + matrices[m + 2] * p[2] + matrices[m + 3];
      }
    });
  });
  return out;
}

// Draw a motion at a time on a canvas that has its size.
// framing: the motion whose space the camera takes in (one for all variants, so that a switch shows only the motion's
// change); segments: of the body; options: look, follow, ghost (another motion, shown pale), marks: false for a bare floor.
function drawMotion(renderer, canvas, motion, framing, time, view, segments, { look, follow, ghost, marks = true }) {
  const matrices = motion.at(time), aspect = canvas.width / canvas.height;
  const [x, z] = motion.root(time, 0), calm = motion.root(time, 0.6);
  const tall = Math.max(framing.top + 0.35, 1.3), wide = follow ? 1.7 : framing.extent + 1.1;
  const target = follow ? [calm[0], tall / 2 - 0.06, calm[1]] : [framing.middle[0], tall / 2 - 0.06, framing.middle[2]];
  const distance = Math.max((tall * 1.16) / 2 / SLOPE, wide / 2 / SLOPE / aspect) + (follow ? 0.4 : framing.extent * 0.3);
  const camera = orbitCamera(target, (view.azimuth * Math.PI) / 180, (view.elevation * Math.PI) / 180, distance / view.zoom, SLOPE, aspect);
  const scene = { matrices, pieces: piecesOf(matrices, segments), marks: marks ? motion.marks : [], time, centre: [x, 0, z], reach: Math.max(5, wide * 1.6), scale: motion.scale };
  if (ghost) {
    const pale = ghost.at(time);
    scene.ghost = { matrices: pale, pieces: piecesOf(pale, segments), scale: ghost.scale };
  }
  renderer.draw(canvas, scene, camera, look);
}

// Give a canvas as many pixels as its box shows, times `quality`.
function fitCanvas(canvas, box, quality = 1) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2) * quality, { width, height } = box.getBoundingClientRect();
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
}

function zoomBy(view, factor) {
  view.zoom = Math.min(8, Math.max(0.3, view.zoom * factor));
}

// Turn and zoom `view` by pointer and wheel on a box; a double click brings the first view back.
function addOrbit(box, view, redraw) {
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
    if (before) zoomBy(view, spread() / before);
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
    zoomBy(view, Math.exp(-0.0012 * event.deltaY));
    redraw();
  }, { passive: false });
  box.addEventListener("dblclick", () => {
    Object.assign(view, FIRST_VIEW);
    redraw();
  });
}

// WebGL where the browser has it, else a plain canvas. data: looks, bones, segments and floor of the body.
function makeRenderer(data, wanted = true) {
  try {
    if (!wanted) throw new Error("not wanted");
    return new WebGLRenderer(data);
  } catch (error) {
    return new CanvasRenderer(data);
  }
}

// An HTML element: properties, handlers (on), attributes, children. Text is always text, never markup.
function element(kind, properties, ...children) {
  const { on, attributes, ...rest } = properties || {};
  const made = Object.assign(document.createElement(kind), rest);
  for (const [name, handler] of Object.entries(on || {})) made.addEventListener(name, handler);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
