"use strict";
// Drawing with WebGL 2: the skinned body, the floor with a soft shadow, and the marks left on the floor.
// A scene given to draw() holds: matrices (12 numbers per bone, rest to world), pieces (world ends of the body's
// segments, for the shadow), marks, time, and perhaps ghost, a second body (matrices, pieces) to be shown pale; the camera
// comes from orbitCamera() below.

const unpack = {
  // {"shape", "int16" | "uint16" | "uint8": base64, "scale"} -> typed array
  bytes(text) {
    const raw = atob(text), out = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return out;
  },
  array(packed) {
    if (packed.uint8 !== undefined) return unpack.bytes(packed.uint8);
    if (packed.uint16 !== undefined) return new Uint16Array(unpack.bytes(packed.uint16).buffer);
    return Float32Array.from(new Int16Array(unpack.bytes(packed.int16).buffer), (v) => v * packed.scale);
  },
};

// Pinhole camera round a target: azimuth and elevation in radians, distance in metres, slope = tangent of half
// the vertical field of view. Axes as in the videos: right, up, back.
function orbitCamera(target, azimuth, elevation, distance, slope, aspect) {
  const [sa, ca, se, ce] = [Math.sin(azimuth), Math.cos(azimuth), Math.sin(elevation), Math.cos(elevation)];
  const back = [sa * ce, se, ca * ce], right = [ca, 0, -sa], up = [-sa * se, ce, -ca * se];
  const eye = target.map((v, i) => v + distance * back[i]);
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const near = 0.05, far = 200, f = 1 / slope;
  const rows = [right.map((v) => (v * f) / aspect), up.map((v) => v * f), back.map((v) => (-v * (far + near)) / (far - near)), back.map((v) => -v)];
  rows[0].push(-dot(rows[0], eye)); rows[1].push(-dot(rows[1], eye));
  rows[2].push(-dot(rows[2], eye) - (2 * far * near) / (far - near)); rows[3].push(-dot(rows[3], eye));
  const matrix = new Float32Array(16); // column by column
  for (let r = 0; r < 4; r++) for (let c = 0; c < 4; c++) matrix[4 * c + r] = rows[r][c];
  return { eye, right, up, back, matrix, slope, aspect };
}

const BODY_VERTEX = `#version 300 es
precision highp float;
in vec3 position; in vec3 normal; in vec3 colour; in float shade; in vec4 bones; in vec4 weights;
uniform vec4 bone[3 * BONES]; uniform mat4 camera;
out vec3 vNormal, vColour, vAt; out float vShade;
void main() {
  vec4 x = vec4(0.0), y = vec4(0.0), z = vec4(0.0);
  for (int i = 0; i < 4; i++) {
    int b = 3 * int(bones[i] + 0.5);
    x += weights[i] * bone[b]; y += weights[i] * bone[b + 1]; z += weights[i] * bone[b + 2];
  }
  float total = weights.x + weights.y + weights.z + weights.w;
  vec4 p = vec4(position, 1.0);
  vAt = vec3(dot(x, p), dot(y, p), dot(z, p)) / total;
  vNormal = vec3(dot(x.xyz, normal), dot(y.xyz, normal), dot(z.xyz, normal));
  vColour = colour; vShade = shade;
  gl_Position = camera * vec4(vAt, 1.0);
}`;

const BODY_FRAGMENT = `#version 300 es
precision highp float;
in vec3 vNormal, vColour, vAt; in float vShade;
uniform vec3 eye, right, up, back; uniform float floorHeight; uniform vec4 veil;
out vec4 paint;
void main() {
  vec3 n = normalize(vNormal), toEye = normalize(eye - vAt);
  vec3 light = normalize(-0.45 * right + 0.72 * up + 0.53 * back);
  float lit = dot(n, light), facing = max(dot(n, toEye), 0.0);
  // Wrapped light, sky and floor light, darker creases and rim; the same mood as the videos.
  float wrap = max((lit + 0.35) / 1.35, 0.0);
  float sky = 0.5 + 0.5 * n.y;
  float tone = 0.36 + 0.16 * sky + 0.56 * wrap;
  tone *= mix(0.62, 1.0, vShade) * mix(0.74, 1.0, min(facing * 1.7, 1.0));
  tone *= mix(0.86, 1.0, smoothstep(0.0, 0.25, vAt.y - floorHeight));
  float gloss = pow(max(dot(n, normalize(light + toEye)), 0.0), 38.0) * 0.16;
  // veil: a colour instead of the body's own, and how much of what is behind it hides; none for alpha 0.
  paint = veil.a > 0.0 ? vec4(veil.rgb * (0.35 + 0.75 * tone), 1.0) * veil.a : vec4(vColour * tone + gloss, 1.0);
}`;

const FLOOR_VERTEX = `#version 300 es
precision highp float;
in vec2 position; uniform mat4 camera; uniform vec3 centre; out vec2 vAt;
void main() { vAt = centre.xz + 60.0 * position; gl_Position = camera * vec4(vAt.x, centre.y, vAt.y, 1.0); }`;

const FLOOR_FRAGMENT = `#version 300 es
precision highp float;
in vec2 vAt; uniform vec3 centre, eye; uniform vec3 ends[2 * PIECES]; uniform float reach;
out vec4 paint;
vec2 cover(vec2 gap, vec2 pixel, float width) { return clamp((width - gap) / pixel + 0.5, 0.0, 1.0) * clamp(width / pixel, 0.0, 1.0); }
float grid(float size, float width, vec2 pixel) {
  vec2 lines = cover(abs(vAt / size - round(vAt / size)) * size, pixel, width);
  return max(lines.x, lines.y);
}
void main() {
  vec2 pixel = 1.5 * max(fwidth(vAt), 1e-5);
  float lines = max(grid(1.0, 0.012, pixel), 0.4 * grid(0.5, 0.008, pixel));
  vec3 colour = mix(vec3(0.910, 0.918, 0.929), vec3(0.730, 0.752, 0.784), lines);
  float fade = exp(-pow(distance(vAt, centre.xz) / reach, 2.0));
  float open = 1.0;
  vec2 from = vAt - centre.xz;
  if (dot(from, from) < 6.0) {
    for (int i = 0; i < PIECES; i++) {
      vec3 a = ends[2 * i], b = ends[2 * i + 1];
      float ha = max(a.y - centre.y, 0.0), hb = max(b.y - centre.y, 0.0), h = 0.5 * (ha + hb);
      vec2 tilt = vec2(0.10, -0.14), p = a.xz + tilt * ha, way = b.xz + tilt * hb - p;
      float along = clamp(dot(vAt - p, way) / max(dot(way, way), 1e-6), 0.0, 1.0);
      vec2 gap = vAt - p - along * way;
      float sigma = 0.055 + 0.16 * h;
      open *= 1.0 - 0.46 / ((1.0 + 2.2 * h) * (1.0 + 2.2 * h)) * exp(-dot(gap, gap) / (2.0 * sigma * sigma));
    }
  }
  paint = vec4(colour * open, 1.0) * max(fade, 1.0 - open);
}`;

// Every mark is a stripe with round ends: a quad with the distance along and across it.
const MARK_VERTEX = `#version 300 es
precision highp float;
in vec4 stripe; in vec4 kind; in vec3 colour; in vec2 corner;
uniform mat4 camera; uniform float floorHeight, time;
out vec2 vAt; out vec3 vColour; out vec2 vSize; out float vAlpha;
void main() {
  vec2 a = stripe.xy, b = stripe.zw, way = b - a;
  float length_ = length(way), half_ = 0.5 * kind.y;
  vec2 along = length_ > 1e-5 ? way / length_ : vec2(1.0, 0.0), across = vec2(-along.y, along.x);
  vAt = vec2(mix(-half_, length_ + half_, corner.x), mix(-half_, half_, corner.y)) * 1.1;
  vec2 p = a + along * vAt.x + across * vAt.y;
  vSize = vec2(length_, half_); vColour = colour;
  bool print_ = kind.y > 0.05;
  vAlpha = kind.x <= time + 1e-3 ? (print_ ? 0.26 : 0.42) : (print_ ? 0.0 : 0.13);
  gl_Position = camera * vec4(p.x, floorHeight + 0.002, p.y, 1.0);
}`;

const MARK_FRAGMENT = `#version 300 es
precision highp float;
in vec2 vAt; in vec3 vColour; in vec2 vSize; in float vAlpha; out vec4 paint;
void main() {
  float gap = length(vec2(vAt.x - clamp(vAt.x, 0.0, vSize.x), vAt.y)) - vSize.y;
  // A path's pieces end square, so that they do not overlap; prints are round.
  if (vSize.y < 0.02) gap = max(abs(vAt.y) - vSize.y, max(-vAt.x, vAt.x - vSize.x));
  float soft = max(fwidth(vAt.y), 1e-5);
  float alpha = vAlpha * clamp(0.5 - gap / soft, 0.0, 1.0);
  paint = vec4(vColour * alpha, alpha);
}`;

const GHOST = [0.42, 0.47, 0.56, 0.42]; // red, green, blue, alpha

class WebGLRenderer {
  // Throws where WebGL 2 is missing; the caller then takes the CanvasRenderer.
  constructor(data) {
    this.canvas = document.createElement("canvas");
    const gl = this.canvas.getContext("webgl2", { antialias: true, alpha: true, premultipliedAlpha: true, preserveDrawingBuffer: true });
    if (!gl) throw new Error("no WebGL 2");
    this.gl = gl;
    this.floor = data.floor;
    const sizes = { BONES: data.bones[0].length, PIECES: data.segments.length };
    const fill = (source) => source.replace(/BONES|PIECES/g, (key) => sizes[key]);
    this.body = this.program(fill(BODY_VERTEX), BODY_FRAGMENT);
    this.ground = this.program(FLOOR_VERTEX, fill(FLOOR_FRAGMENT));
    this.marks = this.program(MARK_VERTEX, MARK_FRAGMENT);
    this.quad = this.buffer(new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]));
    this.looks = Object.fromEntries(Object.entries(data.looks).map(([name, mesh]) => [name, this.upload(mesh)]));
    this.markBuffers = new WeakMap();
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  program(vertex, fragment) {
    const gl = this.gl, program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader) || "shader");
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) || "link");
    const out = { program, at: {}, set: {} };
    for (let i = 0; i < gl.getProgramParameter(program, gl.ACTIVE_ATTRIBUTES); i++) {
      const { name } = gl.getActiveAttrib(program, i);
      out.at[name] = gl.getAttribLocation(program, name);
    }
    for (let i = 0; i < gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS); i++) {
      const name = gl.getActiveUniform(program, i).name.replace("[0]", "");
      out.set[name] = gl.getUniformLocation(program, name);
    }
    return out;
  }

  buffer(array, target) {
    const gl = this.gl, buffer = gl.createBuffer();
    target = target || gl.ARRAY_BUFFER;
    gl.bindBuffer(target, buffer);
    gl.bufferData(target, array, gl.STATIC_DRAW);
    return buffer;
  }

  attribute(location, buffer, size, type, normalised, stride, offset, divisor) {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, size, type, normalised, stride || 0, offset || 0);
    gl.vertexAttribDivisor(location, divisor || 0);
  }

  upload(mesh) {
    const gl = this.gl, at = this.body.at, array = gl.createVertexArray();
    gl.bindVertexArray(array);
    const put = (name, size, type, normalised) => this.attribute(at[name], this.buffer(unpack.array(mesh[name === "position" ? "vertices" : name === "normal" ? "normals" : name === "colour" ? "colours" : name])), size, type, normalised);
    put("position", 3, gl.FLOAT, false);
    put("normal", 3, gl.FLOAT, false);
    put("colour", 3, gl.UNSIGNED_BYTE, true);
    put("shade", 1, gl.UNSIGNED_BYTE, true);
    put("bones", 4, gl.UNSIGNED_BYTE, false);
    put("weights", 4, gl.UNSIGNED_BYTE, true);
    const faces = unpack.array(mesh.faces);
    this.buffer(faces, gl.ELEMENT_ARRAY_BUFFER);
    gl.bindVertexArray(null);
    return { array, count: faces.length };
  }

  marksOf(list) {
    // Marks stay the same, so each list goes to the card once.
    if (!this.markBuffers.has(list)) {
      const rows = new Float32Array(list.length * 11);
      list.forEach((m, i) => rows.set([m[1], m[2], m[3], m[4], m[0], m[5], 0, 0, m[6] / 255, m[7] / 255, m[8] / 255], 11 * i));
      const gl = this.gl, array = gl.createVertexArray(), buffer = this.buffer(rows), at = this.marks.at;
      gl.bindVertexArray(array);
      this.attribute(at.stripe, buffer, 4, gl.FLOAT, false, 44, 0, 1);
      this.attribute(at.kind, buffer, 4, gl.FLOAT, false, 44, 16, 1);
      this.attribute(at.colour, buffer, 3, gl.FLOAT, false, 44, 32, 1);
      this.attribute(at.corner, this.buffer(new Float32Array([0, -1, 1, -1, 0, 1, 1, 1])), 2, gl.FLOAT, false);
      gl.bindVertexArray(null);
      this.markBuffers.set(list, array);
    }
    return this.markBuffers.get(list);
  }

  // Draw one panel: onto `target`, a canvas element, at its size.
  draw(target, scene, camera, look) {
    const gl = this.gl, { width, height } = target;
    if (this.canvas.width < width || this.canvas.height < height) {
      this.canvas.width = Math.max(this.canvas.width, width);
      this.canvas.height = Math.max(this.canvas.height, height);
    }
    gl.viewport(0, this.canvas.height - height, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);

    gl.disable(gl.DEPTH_TEST);
    let { program, at, set } = this.ground;
    gl.useProgram(program);
    this.attribute(at.position, this.quad, 2, gl.FLOAT, false);
    gl.uniformMatrix4fv(set.camera, false, camera.matrix);
    gl.uniform3f(set.centre, scene.centre[0], this.floor, scene.centre[2]);
    gl.uniform3fv(set.ends, scene.pieces);
    gl.uniform1f(set.reach, scene.reach);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);

    if (scene.marks.length) {
      ({ program, set } = this.marks);
      gl.useProgram(program);
      gl.uniformMatrix4fv(set.camera, false, camera.matrix);
      gl.uniform1f(set.floorHeight, this.floor);
      gl.uniform1f(set.time, scene.time);
      gl.bindVertexArray(this.marksOf(scene.marks));
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, scene.marks.length);
    }

    ({ program, set } = this.body);
    gl.enable(gl.DEPTH_TEST);
    gl.useProgram(program);
    gl.uniformMatrix4fv(set.camera, false, camera.matrix);
    gl.uniform1f(set.floorHeight, this.floor);
    for (const name of ["eye", "right", "up", "back"]) gl.uniform3fv(set[name], camera[name]);
    const mesh = this.looks[look];
    gl.bindVertexArray(mesh.array);
    const figure = (matrices, veil) => {
      gl.uniform4fv(set.bone, matrices);
      gl.uniform4fv(set.veil, veil);
      gl.drawElements(gl.TRIANGLES, mesh.count, gl.UNSIGNED_SHORT, 0);
    };
    figure(scene.matrices, [0, 0, 0, 0]);
    if (scene.ghost) {
      // Depth first, so that only the ghost's nearest surface shows through; a little behind its place, so that limbs
      // that are alike hide it.
      gl.enable(gl.POLYGON_OFFSET_FILL);
      gl.polygonOffset(1, 1500);
      gl.colorMask(false, false, false, false);
      figure(scene.ghost.matrices, GHOST);
      gl.colorMask(true, true, true, true);
      gl.depthFunc(gl.LEQUAL);
      figure(scene.ghost.matrices, GHOST);
      gl.depthFunc(gl.LESS);
      gl.disable(gl.POLYGON_OFFSET_FILL);
    }
    gl.bindVertexArray(null);

    const pen = target.getContext("2d");
    pen.clearRect(0, 0, width, height);
    pen.drawImage(this.canvas, 0, 0, width, height, 0, 0, width, height);
  }
}
