// A form for any operation of `editing`, made from what the server says of its fields.

export class OperationForm {
  constructor(facts) {
    this.facts = facts;
    this.dialog = element("dialog", { className: "form" });
    document.body.append(this.dialog);
  }

  // Ask for an operation. plain: one to be changed, or null; usual: {groups, span} for a new one. Gives the operation or null.
  ask(plain, usual) {
    const names = Object.keys(this.facts.operations);
    const [name, values] = plain ? nameAndFields(plain) : [names[0], {}];
    this.usual = usual;
    const choice = element("select", { attributes: { "aria-label": "operation" }, on: { change: () => this.fill(choice.value, {}) } },
      ...names.map((one) => element("option", { value: one, textContent: one.replace(/(?<=[a-z])(?=[A-Z])/g, " ") })));
    choice.value = name;
    this.about = element("p", { className: "hint" });
    this.fields = element("div", { className: "fields" });
    const list = element("datalist", { id: "group-names" }, ...this.facts.rows.map((row) => element("option", { value: row.label })));
    const done = element("button", { type: "submit", className: "primary", textContent: plain ? "Change" : "Add" });
    const cancel = element("button", { type: "button", textContent: "Cancel", on: { click: () => this.dialog.close("") } });
    const form = element("form", { method: "dialog", on: { submit: () => (this.dialog.returnValue = "done") } },
      element("h2", { textContent: plain ? "Change the operation" : "Add an operation" }), choice, this.about, this.fields, list, element("div", { className: "line end" }, cancel, done));
    done.value = "done";
    this.dialog.replaceChildren(form);
    this.fill(name, values);
    this.dialog.returnValue = "";
    this.dialog.showModal();
    return new Promise((resolve) => {
      this.dialog.onclose = () => resolve(this.dialog.returnValue === "done" ? this.read(choice.value) : null);
    });
  }

  fill(name, values) {
    const { about, fields } = this.facts.operations[name];
    this.about.textContent = about;
    this.inputs = fields.map((field) => [field, this.input(field, values[field.name])]);
    this.fields.replaceChildren(...this.inputs.map(([field, input]) => element("label", {}, element("span", { textContent: field.name.replaceAll("_", " ") }), input.box)));
  }

  input(field, value) {
    const { kind, default: usual } = field, empty = field.optional || field.kind === "groups" ? "" : usual ?? "";
    if (kind === "span") return this.spanInput(value);
    if (kind === "switch") {
      const box = element("input", { type: "checkbox", checked: value ?? usual ?? false });
      return { box, read: () => box.checked };
    }
    if (kind === "choice") {
      const choices = field.needed ? field.choices : ["", ...field.choices];
      const box = element("select", {}, ...choices.map((one) => element("option", { value: one, textContent: one.replaceAll("_", " ") || "–" })));
      box.value = value ?? (field.needed ? field.choices[0] : usual ?? "");
      return { box, read: () => box.value || undefined };
    }
    if (kind === "groups") {
      const given = value === undefined ? this.usual.groups : [value].flat();
      const box = element("input", { type: "text", value: (given.length ? given : [usual ?? ""]).join(", "), placeholder: "rows, such as L-elbow angle, or a part: left arm", required: field.needed });
      box.setAttribute("list", "group-names");
      return { box, read: () => box.value.split(",").map((one) => one.trim()).filter(Boolean).map((one) => (/^\d+$/.test(one) ? Number(one) : one)) };
    }
    const number = kind === "number" || kind === "whole";
    const box = element("input", { type: number ? "number" : "text", step: kind === "whole" ? 1 : "any", value: kind === "numbers" ? [value ?? []].flat().join(", ") : value ?? empty, required: field.needed, placeholder: kind === "numbers" ? "such as 0, 1.5" : "" });
    const read = () => {
      if (box.value.trim() === "") return undefined;
      if (kind === "numbers") return box.value.split(",").map((one) => (one.trim() === "" || Number.isNaN(Number(one)) ? one.trim() : Number(one)));
      return number ? Number(box.value) : box.value.trim();
    };
    return { box, read };
  }

  spanInput(value) {
    const given = value ?? this.usual.span ?? {}, [from, to] = Array.isArray(given) ? given : [given.start ?? "", given.stop ?? ""];
    const edge = (text, label) => element("input", { type: "number", step: "any", value: text ?? "", placeholder: label, attributes: { "aria-label": label } });
    const [start, stop] = [edge(from, "start"), edge(to, "end")];
    const unit = element("select", { attributes: { "aria-label": "unit" } }, ...["seconds", "frames", "steps", "share"].map((one) => element("option", { value: one, textContent: one })));
    unit.value = given.unit || "seconds";
    const box = element("span", { className: "span" }, start, " to ", stop, unit);
    const read = () => {
      if (start.value === "" && stop.value === "") return undefined;
      const made = { start: Number(start.value || 0) };
      if (stop.value !== "") made.stop = Number(stop.value);
      if (unit.value !== "seconds") made.unit = unit.value;
      return made;
    };
    return { box, read };
  }

  read(name) {
    const content = {};
    for (const [field, input] of this.inputs) {
      const value = input.read();
      if (value === undefined || (Array.isArray(value) && !value.length)) continue;
      if (!field.needed && field.kind !== "groups" && value === field.default) continue;
      content[field.name] = value;
    }
    return Object.keys(content).length ? { [name]: content } : name;
  }
}

export function nameAndFields(plain) {
  return typeof plain === "string" ? [plain, {}] : Object.entries(plain)[0];
}
