// The page as a whole: its session, what it shows, and one piece of work at a time.
// The session's name stands behind the address (#s=...), so that each tab has its own and a reload finds it again.

import { cancel, call, Failure, finished, get, post } from "/assets/api.js";
import { nameAndFields, OperationForm } from "/assets/form.js";
import { Inspector } from "/assets/inspector.js";
import { GenerateCard, makeInstruction, makeMenu, OperationsCard, showTakes, WordsCard } from "/assets/panels.js";
import { Roll } from "/assets/roll.js";
import { Stage } from "/assets/stage.js";

const find = (id) => document.getElementById(id);
const app = { session: null, motion: null, work: Promise.resolve(), running: 0 };
window.studio = app; // for the browser's console

const KEYS = [
  ["Space", "play or pause"], ["← →", "one frame back or on (in the roll: move the cursor)"], ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["Ctrl+C, Ctrl+V", "copy the selection, paste it at the selection or the play head"], ["+ −", "shift the selection by a category"], ["M", "mirror the selection"],
  ["Shift+arrows", "select in the roll"], ["Enter", "in the roll: open or fold a body part, edit the selection"], ["Esc", "no selection"],
  ["G", "after, before, side by side, ghost"], ["R", "residual codes on or off"], ["B", "body or sticks"], ["F", "follow"], ["P", "footprints"], ["/", "find a row"], ["I", "say what to change"],
];

// ---- work: one after the other, told in the status line

// A line that stays until it is closed, or until something else is done: what failed, or what to know of what was done.
function notice(text, kind) {
  const box = find("failure");
  box.className = kind;
  box.setAttribute("role", kind === "failure" ? "alert" : "status");
  box.replaceChildren(element("span", { textContent: text }), element("button", { type: "button", textContent: "✕", title: "close", attributes: { "aria-label": "close" }, on: { click: () => (box.hidden = true) } }));
  box.hidden = false;
}

function fail(problem) {
  if (!(problem instanceof Failure)) console.error(problem);
  const text = problem instanceof Failure ? problem.message : `a mistake of ours: ${problem.message}`;
  notice(text, "failure");
}

function watch(label) {
  const box = find("status"), bar = element("progress", { max: 1, value: 0 }), text = element("span", { textContent: label });
  const stop = element("button", { type: "button", textContent: "Cancel" });
  let job = null;
  stop.addEventListener("click", () => {
    if (!job) return;
    stop.disabled = true;
    label = "Stopping";
    text.textContent = label;
    cancel(job).catch(fail);
  });
  const timer = setTimeout(() => {
    box.replaceChildren(text, bar, stop);
    box.hidden = false;
  }, 150);
  return {
    told(now) {
      job = now;
      bar.value = now.progress;
      text.textContent = now.state === "waiting" && now.ahead ? `${label}: ${now.ahead} before it` : label;
    },
    end() {
      clearTimeout(timer);
      box.hidden = true;
    },
  };
}

// Do something that makes a job; the next one waits for it. start(): called when it is its turn, gives the job's first answer.
function work(label, start, fresh = false) {
  app.running += 1;
  document.documentElement.dataset.busy = app.running;
  const turn = app.work.then(async () => {
    const status = watch(label);
    try {
      find("failure").hidden = true;
      const result = await finished(await start(), status.told);
      if (result && result.session) show(result, fresh);
      if (result && result.warnings.length) notice(result.warnings.join("\n"), "warned");
      return result;
    } catch (problem) {
      fail(problem);
      if (app.session && /another tab/.test(problem.message)) await reload().catch(fail);
      return null;
    } finally {
      status.end();
      app.running -= 1;
      document.documentElement.dataset.busy = app.running;
    }
  });
  app.work = turn;
  return turn;
}

async function reload() {
  const result = await finished(await post(`/api/sessions/${app.session.id}/motion`), () => {});
  if (result) show(result, false);
}

async function ensureSession() {
  if (app.session) return;
  app.session = await post("/api/sessions");
  history.replaceState(null, "", `#s=${app.session.id}`);
}

function change(label, kind, body, fresh = true) {
  return work(label, async () => {
    await ensureSession();
    return post(`/api/sessions/${app.session.id}/${kind}`, { revision: app.session.revision, ...body() });
  }, fresh);
}

function show({ session, motion }, fresh) {
  app.session = session;
  app.motion = motion;
  if (motion) motion.key = session.take;
  app.stage.show(motion);
  app.roll.show(motion, fresh);
  app.words.show(motion);
  app.operations.show(session, motion);
  app.inspector.show(app.roll.selection, motion);
  showTakes(find("takes"), session, (take) => take !== app.session.take && change("Changing the take", "take", () => ({ take }), false));
  find("title").textContent = session.title;
  document.title = session.title ? `${session.title} – PGR2M studio` : "PGR2M studio";
  for (const [id, label] of [["undo", session.undo], ["redo", session.redo]]) {
    find(id).disabled = !label;
    find(id).title = label ? `${id}: ${label}` : `nothing to ${id}`;
  }
  app.exports.enable(Boolean(motion));
  app.instruct.enable(Boolean(motion));
}

// ---- what can be done

const plain = () => app.session.operations.map((one) => one.plain);
const undo = () => !find("undo").disabled && change("Undoing", "undo", () => ({}), false);
const redo = () => !find("redo").disabled && change("Doing it again", "redo", () => ({}), false);

function operate(...operations) {
  const [name] = nameAndFields(operations[0]), all = () => (operations.length === 1 ? joined(plain(), operations[0]) : [...plain(), ...operations]);
  return change("Decoding the edit", "operations", () => ({ operations: all(), label: name }));
}

// Two shifts of the same cells are one; setting the same cells again replaces what was set.
function joined(list, operation) {
  const last = list.at(-1);
  if (last === undefined) return [operation];
  const [[name, fields], [before, old]] = [nameAndFields(operation), nameAndFields(last)];
  const about = ({ groups, span, ease }) => JSON.stringify([groups, span, ease]);
  if (name !== before || about(fields) !== about(old)) return [...list, operation];
  if (name === "SetCode") return [...list.slice(0, -1), operation];
  if (name === "Shift" && fields.categories && old.categories) {
    const categories = fields.categories + old.categories;
    return categories ? [...list.slice(0, -1), { Shift: { ...old, categories } }] : list.slice(0, -1);
  }
  return [...list, operation];
}

async function askOperation(index) {
  const old = index === undefined ? null : app.session.operations[index].plain, chosen = app.roll.selection;
  const usual = { groups: chosen ? app.inspector.rows().map((row) => row.label) : [], span: chosen ? app.inspector.span() : null };
  const made = await app.form.ask(old, old ? { groups: [], span: null } : usual);
  if (!made) return;
  const list = (all) => (old ? all.map((one, i) => (i === index ? made : one)) : [...all, made]);
  change("Decoding the edit", "operations", () => ({ operations: list(plain()), label: nameAndFields(made)[0] }));
}

function reveal(index) {
  const { plain: operation, span } = app.session.operations[index], { groups } = nameAndFields(operation)[1], { steps } = app.roll;
  const scale = { seconds: 1 / app.motion.stepSeconds, steps: 1, frames: 1 / (app.motion.fps * app.motion.stepSeconds), share: steps }[span.unit];
  const place = (value) => Math.min(Math.max(Math.round(value < 0 ? steps + value * scale : value * scale), 0), steps);
  const start = Math.min(place(span.start), steps - 1), stop = span.stop === null ? steps : Math.max(place(span.stop), start + 1);
  const names = groups === undefined ? [] : [groups].flat();
  const found = app.facts.rows.filter((row) => names.includes(row.label) || names.includes(row.index)).map((row) => row.index);
  app.roll.reveal({ groups: new Set(found.length ? found : app.facts.rows.map((row) => row.index)), start, stop });
  app.stage.seek(start * app.motion.stepSeconds);
}

function upload(file) {
  if (file.size > app.facts.limit) return fail(new Failure(`${file.name}: larger than the ${app.facts.limit >> 20} MiB that a file may have`));
  work(`Opening ${file.name}`, async () => {
    await ensureSession();
    return call("POST", `/api/sessions/${app.session.id}/upload?${new URLSearchParams({ name: file.name, revision: app.session.revision })}`, undefined, file);
  });
}

async function takeAlong(format) {
  let made = null;
  const result = await work("Writing the file", async () => (made = await post(`/api/sessions/${app.session.id}/export`, { revision: app.session.revision, format })));
  if (!result) return;
  const link = element("a", { href: `/api/jobs/${made.id}/file`, download: result.name });
  document.body.append(link);
  link.click();
  link.remove();
}

async function sessionItems() {
  const { sessions } = await get("/api/sessions");
  const items = [["New session", "in this tab; the present one is kept", () => openSession(null)]];
  for (const one of sessions) items.push([one.title || "untitled", `${one.operations} operations, ${new Date(1000 * one.changed).toLocaleString()}${app.session && one.id === app.session.id ? ", shown now" : ""}`, () => openSession(one.id)]);
  if (app.session && app.session.takes.length) items.push(["Remove this session", "its takes and operations, for good", removeSession]);
  return items;
}

async function removeSession() {
  if (!confirm(`Remove "${app.session.title}" with all its takes and operations?`)) return;
  await work("Removing the session", () => call("DELETE", `/api/sessions/${app.session.id}`));
  openSession(null);
}

function openSession(id) {
  location.hash = id ? `s=${id}` : "";
  if (!id) history.replaceState(null, "", location.pathname);
  location.reload();
}

// ---- keys, dropped files, the height of the roll

function onKey(event) {
  const writing = event.target.matches && event.target.matches("input:not([type=checkbox]):not([type=range]), select, textarea");
  if (document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (writing) return;
    if (key === "z") event.shiftKey ? redo() : undo();
    else if (key === "y") redo();
    else if (key === "c" && !String(getSelection()) && app.inspector.copy()) find("said").textContent = "copied";
    else if (key === "v" && app.inspector.copied) app.inspector.paste();
    else return;
    return event.preventDefault();
  }
  if (event.altKey || writing) return;
  const { stage } = app, modes = ["after", "before", "both", "ghost"];
  const acts = {
    " ": () => stage.play(!stage.state.playing), arrowleft: () => stage.step(-1), arrowright: () => stage.step(1), home: () => stage.seek(0), end: () => stage.seek(stage.duration),
    r: () => stage.set({ residuals: !stage.state.residuals }), b: () => stage.set({ look: stage.state.look === "body" ? "sticks" : "body" }), f: () => stage.set({ follow: !stage.state.follow }),
    p: () => stage.set({ marks: !stage.state.marks }), g: () => stage.motions.before && stage.set({ mode: modes[(modes.indexOf(stage.state.mode) + 1) % 4] }),
    "+": () => app.inspector.shift(1), "=": () => app.inspector.shift(1), "-": () => app.inspector.shift(-1), m: () => app.inspector.mirror(), escape: () => app.roll.select(null),
    "/": () => app.roll.search.focus(), i: () => app.instruct.focus(), "?": showKeys,
  };
  if (!acts[key] || (event.target.matches("button, summary, a, [role=separator]") && [" ", "arrowleft", "arrowright"].includes(key))) return;
  event.preventDefault();
  acts[key]();
}

function showKeys() {
  const dialog = element("dialog", { className: "keys-list" }, element("h2", { textContent: "Keys" }), element("dl", {}, ...KEYS.flatMap(([key, does]) => [element("dt", { textContent: key }), element("dd", { textContent: does })])),
    element("form", { method: "dialog" }, element("button", { textContent: "Close" })));
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

function tip(lines, event) {
  const box = find("tip");
  box.hidden = !lines;
  if (!lines) return;
  box.replaceChildren(...lines.map((line, i) => element(i ? "span" : "b", { textContent: line })));
  const { width, height } = box.getBoundingClientRect();
  box.style.left = `${Math.min(event.clientX + 14, innerWidth - width - 8)}px`;
  box.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18}px`;
}

function makeSplitter() {
  const bar = find("splitter"), main = find("main");
  const set = (height) => main.style.setProperty("--roll", `${Math.round(Math.min(Math.max(height, 120), innerHeight - 300))}px`);
  bar.addEventListener("pointerdown", (event) => bar.setPointerCapture(event.pointerId));
  bar.addEventListener("pointermove", (event) => bar.hasPointerCapture(event.pointerId) && set(innerHeight - event.clientY - 4));
  bar.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 24, ArrowDown: -24 }[event.key];
    if (by) (event.preventDefault(), set(find("roll").offsetHeight + by));
  });
}

function takeDrops() {
  const box = find("drop");
  let inside = 0;
  const files = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  addEventListener("dragenter", (event) => files(event) && (event.preventDefault(), inside++, (box.hidden = false)));
  addEventListener("dragover", (event) => files(event) && event.preventDefault());
  addEventListener("dragleave", () => inside && --inside === 0 && (box.hidden = true));
  addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    inside = 0;
    box.hidden = true;
    upload(event.dataTransfer.files[0]);
  });
}

// ---- start

async function start() {
  const [facts, body] = await Promise.all([get("/api/facts"), get("/api/body")]);
  Object.assign(app, { facts });
  app.roll = new Roll(find("roll"), facts, {
    seek: (seconds) => app.stage.seek(seconds), select: (chosen) => app.inspector && app.inspector.show(chosen, app.motion), tip,
    say: (text) => (find("said").textContent = text), edit: () => (find("inspector").querySelector(".category, button") || find("inspector")).focus(),
  });
  app.words = new WordsCard(find("words"), (seconds) => app.stage.seek(seconds));
  app.stage = new Stage(find("stage"), body, { time: (seconds, playing) => (app.roll.playhead(seconds, playing), app.words.at(seconds)) });
  app.inspector = new Inspector(find("inspector"), facts, { operate, time: () => app.stage.state.time });
  app.form = new OperationForm(facts);
  app.operations = new OperationsCard(find("operations"), {
    change: (list, label) => change("Decoding the edit", "operations", () => ({ operations: list, label })), edit: (index) => askOperation(index), add: () => askOperation(), reveal,
  });
  app.operations.show(null, null);
  app.generate = new GenerateCard(find("generate"), facts, {
    generate: (body) => change("Generating", "generate", () => body, false), open: upload, dataset: (clip) => change(`Opening ${clip}`, "dataset", () => ({ clip }), false),
  });
  app.instruct = makeInstruction(find("instruct"), facts, async (text, model, done) => (await change(`Doing: ${text}`, "instruction", () => ({ text, model }))) && done());
  app.exports = makeMenu(find("export-menu"), () => Object.entries(facts.formats).map(([format, text]) => [text, "", () => takeAlong(format)]));
  makeMenu(find("sessions-menu"), sessionItems);
  find("undo").addEventListener("click", undo);
  find("redo").addEventListener("click", redo);
  find("help").addEventListener("click", showKeys);
  addEventListener("keydown", onKey);
  addEventListener("hashchange", () => location.reload());
  makeSplitter();
  takeDrops();
  const id = new URLSearchParams(location.hash.slice(1)).get("s");
  if (id) await work("Opening the session", async () => {
    app.session = await get(`/api/sessions/${encodeURIComponent(id)}`).catch((problem) => {
      history.replaceState(null, "", location.pathname);
      throw problem;
    });
    return post(`/api/sessions/${app.session.id}/motion`);
  });
  document.documentElement.dataset.ready = "1";
}

start().catch(fail);
