// Colours of categories: one scale a kind of statement, pale where it says little, dark where it says much.

const SCALES = {
  angle: ["#3a2d78", "#3d52a8", "#3f82c4", "#86b8e0", "#c9e0f2", "#e8f2f9"], // sharply bent ... straight
  distance: ["#0b5d52", "#1f8273", "#5fae9d", "#a3d3c6", "#cfe9e1", "#e9f5f1"], // touching ... far apart
  relX: ["#6fa1e0", "#e9edf2", "#f0a07a"], // left, in line, right: the colours of the body's sides
  relY: ["#ece7f4", "#bca8dd", "#6d46ad"], // below, level, above
  relZ: ["#3c9a66", "#e9edf2", "#c0975d"], // in front, in line, behind
  relV: ["#e8eef2", "#9fb7c7", "#3e6680"], // vertical, slanted, horizontal
  ground: ["#596374", "#e4e8ee"], // on the floor, off it
};
const known = new Map();

const parts = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

function at(scale, share) {
  const place = share * (scale.length - 1), i = Math.min(Math.floor(place), scale.length - 2), t = place - i;
  const [a, b] = [parts(scale[i]), parts(scale[i + 1])];
  return a.map((v, c) => Math.round(v + (b[c] - v) * t));
}

const linear = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);

// {fill, ink} of a category: CSS colours, the ink readable on the fill (4.5 to 1 or more).
export function colourOf(kind, category, size) {
  const key = `${kind} ${category}`;
  if (!known.has(key)) {
    const rgb = at(SCALES[kind], size > 1 ? category / (size - 1) : 0), light = luminance(rgb);
    const dark = luminance([28, 35, 48]), white = 1;
    known.set(key, { fill: `rgb(${rgb})`, ink: (light + 0.05) / (dark + 0.05) >= (white + 0.05) / (light + 0.05) ? "#1c2330" : "#ffffff" });
  }
  return known.get(key);
}

export const EDITED = "#d81b84", FOLLOWS = "#b86e00", ACCENT = "#2563b8";
