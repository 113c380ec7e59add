// Drawing without WebGL: the same scene as rounded cones, far to near, on a plain 2D canvas.

class CanvasRenderer {
  constructor(data) {
    this.floor = data.floor;
    this.segments = data.segments;
  }

  draw(target, scene, camera, look) {
    const pen = target.getContext("2d"), { width, height } = target;
    const focal = height / 2 / camera.slope;
    const project = (p) => {
      const d = [p[0] - camera.eye[0], p[1] - camera.eye[1], p[2] - camera.eye[2]];
      const along = (axis) => d[0] * axis[0] + d[1] * axis[1] + d[2] * axis[2];
      const depth = -along(camera.back);
      return [width / 2 + (along(camera.right) * focal) / depth, height / 2 - (along(camera.up) * focal) / depth, depth];
    };
    pen.clearRect(0, 0, width, height);
    this.grid(pen, project, scene, height);
    for (const [second, ax, az, bx, bz, thick, ...rgb] of scene.marks) {
      const print = thick > 0.05, past = second <= scene.time + 1e-3;
      if (print && !past) continue;
      this.stripe(pen, project, [ax, this.floor, az], [bx, this.floor, bz], thick / 2, focal, `rgba(${rgb},${print ? 0.26 : past ? 0.42 : 0.13})`);
    }
    if (scene.ghost) {
      pen.globalAlpha = GHOST[3];
      this.figure(pen, project, scene.ghost, look, focal, GHOST.slice(0, 3).map((v) => Math.round(255 * v)));
      pen.globalAlpha = 1;
    }
    this.figure(pen, project, scene, look, focal, null);
  }

  figure(pen, project, { pieces, scale }, look, focal, colour) {
    // colour: of all limbs; null: their own, and a shadow.
    const ends = this.segments.map((_, i) => [0, 1].map((e) => Array.from(pieces.subarray(6 * i + 3 * e, 6 * i + 3 * e + 3))));
    if (!colour) for (const [a, b] of ends) this.shadow(pen, project, a.map((v, i) => (v + b[i]) / 2), focal);
    pen.lineCap = "round";
    const order = ends.map(([a, b], i) => [(project(a)[2] + project(b)[2]) / 2, i]).sort((p, q) => q[0] - p[0]);
    for (const [, i] of order) {
      const [, , , , radius, rgb] = this.segments[i];
      this.limb(pen, project(ends[i][0]), project(ends[i][1]), look === "sticks" ? 0.02 : radius * 1.12 * scale, focal, colour || rgb);
    }
  }

  grid(pen, project, scene, height) {
    const [cx, , cz] = scene.centre, far = 6;
    pen.lineWidth = Math.max(height / 700, 1);
    for (let i = -far; i <= far; i++) {
      pen.strokeStyle = `rgba(175,182,192,${0.8 * (1 - Math.abs(i) / (far + 1))})`;
      for (const turned of [false, true]) {
        const at = Math.round(turned ? cz : cx) + i;
        const line = [-far, far].map((e) => project(turned ? [Math.round(cx) + e, this.floor, at] : [at, this.floor, Math.round(cz) + e]));
        if (line.some((p) => p[2] < 0.2)) continue;
        pen.beginPath();
        pen.moveTo(line[0][0], line[0][1]);
        pen.lineTo(line[1][0], line[1][1]);
        pen.stroke();
      }
    }
  }

  shadow(pen, project, p, focal) {
    const high = Math.max(p[1] - this.floor, 0), [x, y, depth] = project([p[0] + 0.1 * high, this.floor, p[2] - 0.14 * high]);
    if (depth < 0.2) return;
    const size = ((0.16 + 0.2 * high) * focal) / depth, blob = pen.createRadialGradient(0, 0, 0, 0, 0, size);
    blob.addColorStop(0, `rgba(40,46,58,${0.22 / (1 + high)})`);
    blob.addColorStop(1, "rgba(40,46,58,0)");
    pen.save();
    pen.translate(x, y);
    pen.scale(1, 0.4); // seen from low
    pen.fillStyle = blob;
    pen.fillRect(-size, -size, 2 * size, 2 * size);
    pen.restore();
  }

  stripe(pen, project, a, b, half, focal, style) {
    const [p, q] = [project(a), project(b)];
    if (p[2] < 0.2 || q[2] < 0.2) return;
    pen.lineCap = half > 0.02 ? "round" : "butt"; // a path's pieces must not overlap
    pen.strokeStyle = style;
    pen.lineWidth = (2 * half * focal) / p[2];
    pen.beginPath();
    pen.moveTo(p[0], p[1]);
    pen.lineTo(q[0] + 0.01, q[1]);
    pen.stroke();
  }

  limb(pen, a, b, radius, focal, rgb) {
    // A thick line, darker at its rim, and a lighter one inside, shifted towards the light.
    const wide = (2 * radius * focal) / Math.max((a[2] + b[2]) / 2, 0.2);
    const paint = (tone) => `rgb(${rgb.map((v) => Math.min(255, Math.round(v * tone)))})`;
    for (const [share, tone, shift] of [[1, 0.72, 0], [0.86, 0.9, 0.03], [0.5, 1.03, 0.1]]) {
      pen.strokeStyle = paint(tone);
      pen.lineWidth = wide * share;
      pen.beginPath();
      pen.moveTo(a[0] - shift * wide, a[1] - shift * wide);
      pen.lineTo(b[0] - shift * wide + 0.01, b[1] - shift * wide);
      pen.stroke();
    }
  }
}
