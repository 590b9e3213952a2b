// The form of one step: its parameters, what to try it on, runs, and what was saved.
const make = (tag, className, text) => {
  const one = document.createElement(tag);
  if (className) one.className = className;
  if (text !== undefined) one.textContent = text;
  return one;
};

const option = (value, text, chosen) => {
  const one = make("option", "", text);
  one.value = value;
  one.selected = value === chosen;
  return one;
};

const select = (label, options, chosen, change) => {
  const row = make("label", "row");
  const box = make("select");
  box.setAttribute("aria-label", label);
  box.append(...options.map(([value, text]) => option(value, text, chosen)));
  box.onchange = () => change(box.value);
  row.append(make("span", "", label), box);
  return row;
};

export function render({ model }) {
  const root = make("div", "form");
  const send = (message) => model.send_msg(message);
  const about = make("p", "about");
  const on = make("div", "on");
  const sections = make("div", "sections");
  const acts = make("div", "acts");
  const bar = make("div", "bar");
  const filled = make("div", "filled");
  bar.append(filled);
  const message = make("p", "message");
  message.setAttribute("role", "status");
  const saved = make("div", "saved");
  let waiting = null;

  const later = (change) => {
    clearTimeout(waiting);
    waiting = setTimeout(change, 40);
  };

  const drawOn = () => {
    on.replaceChildren();
    const { wants } = model;
    if (wants.includes("movie") && model.movies.length)
      on.append(select("Movie", [["", "as the pipeline"], ...model.movies.map((one) => [one, one])], model.movie,
        (value) => send({ movie: value })));
    if (model.starts.length)
      on.append(select("Start from", model.starts.map((one) => [one, one]), model.start, (value) => send({ start: value })));
    if (wants.includes("frame")) {
      const row = make("label", "row");
      const slider = make("input");
      Object.assign(slider, { type: "range", min: 0, max: Math.max(model.n_frames - 1, 0), value: model.position });
      slider.setAttribute("aria-label", "Frame");
      const shown = make("span", "number", String(model.position));
      slider.oninput = () => {
        shown.textContent = slider.value;
        later(() => send({ position: Number(slider.value) }));
      };
      row.append(make("span", "", "Frame"), slider, shown);
      on.append(row);
    }
    if (wants.includes("units")) {
      const row = make("label", "row");
      const box = make("input");
      Object.assign(box, { type: "text", value: model.units, spellcheck: false, placeholder: "2, 5, 10-14, all" });
      box.setAttribute("aria-label", "Units");
      box.title = "Unit ids, ranges such as 10-14, or all";
      box.onchange = () => send({ units: box.value });
      row.append(make("span", "", "Units"), box);
      on.append(row);
    }
  };

  const field = (section, one) => {
    const row = make("div", "field");
    const label = make("label", "", one.name);
    const box = make("input");
    Object.assign(box, { type: "text", value: one.text, spellcheck: false, id: `${section.name}.${one.name}` });
    label.htmlFor = box.id;
    label.title = box.title = one.doc + (one.doc ? ". " : "") + "Several values: 1, 2, 5 or first:last:count";
    const check = (error) => {
      box.setAttribute("aria-invalid", error ? "true" : "false");
      hint.textContent = error || "";
    };
    const hint = make("div", "hint");
    box.oninput = () => later(() => send({ set: [section.name, one.name, box.value] }));
    box.onkeydown = (event) => {
      if (event.key !== "Enter") return;
      clearTimeout(waiting);
      send({ set: [section.name, one.name, box.value] });
      send({ run: true });
    };
    row.append(label, box);
    if (one.slider) {
      const slider = make("input");
      const [min, max, step] = one.slider;
      Object.assign(slider, { type: "range", min, max, step, value: one.text });
      slider.setAttribute("aria-label", `${one.name}, slider`);
      slider.oninput = () => {
        box.value = slider.value;
        later(() => send({ set: [section.name, one.name, slider.value] }));
      };
      row.append(slider);
    }
    row.append(hint);
    row.check = check;
    row.key = `${section.name}.${one.name}`;
    return row;
  };

  const drawSections = () => {
    sections.replaceChildren(
      ...model.sections.map((section) => {
        const part = make("fieldset");
        const head = make("div", "head");
        head.append(make("span", "title", section.title));
        if (section.methods.length > 1) {
          const box = make("select");
          box.setAttribute("aria-label", `${section.title}, method`);
          box.append(...section.methods.map((one) => option(one, one, section.method)));
          box.onchange = () => send({ method: [section.name, box.value] });
          head.append(box);
        }
        part.append(head, ...section.fields.map((one) => field(section, one)));
        return part;
      }),
    );
    drawErrors();
  };

  const drawErrors = () => {
    for (const row of sections.querySelectorAll(".field")) row.check(model.errors[row.key]);
  };

  const drawActs = () => {
    const run = make("button", "main", "Run");
    run.onclick = () => {
      document.activeElement?.blur();
      setTimeout(() => send({ run: true }), waiting ? 60 : 0);
    };
    run.hidden = model.running;
    const cancel = make("button", "main", "Cancel");
    cancel.onclick = () => send({ cancel: true });
    cancel.hidden = !model.running;
    const save = make("button", "", "Save results");
    save.disabled = model.running || model.busy || !model.unsaved;
    save.title = "Save the results with their parameters beside the dataset";
    save.onclick = () => send({ save: true });
    const clear = make("button", "", "Clear");
    clear.disabled = model.running || !model.count;
    clear.onclick = () => send({ clear: true });
    acts.replaceChildren(run, cancel, save, clear);
    bar.hidden = !model.running;
    filled.style.width = `${Math.round(100 * model.progress)}%`;
  };

  const drawMessage = () => {
    message.textContent = model.message;
    message.hidden = !model.message;
  };

  const drawSaved = () => {
    saved.replaceChildren();
    if (!model.saved.length) return;
    saved.append(make("div", "title", "Saved runs"));
    for (const one of model.saved) {
      const row = make("div", "run");
      const open = make("button", "link", one.label);
      open.title = `Open ${one.name} beside what is shown`;
      open.onclick = () => send({ open: one.name });
      row.append(open);
      if (one.ours) {
        const gone = make("button", "gone", "Delete");
        gone.onclick = () => {
          if (gone.dataset.sure) return send({ delete: one.name });
          gone.dataset.sure = "1";
          gone.textContent = "Really delete?";
          setTimeout(() => {
            delete gone.dataset.sure;
            gone.textContent = "Delete";
          }, 4000);
        };
        row.append(gone);
      } else row.append(make("span", "quiet", "by others"));
      saved.append(row);
    }
  };

  about.textContent = model.about;
  for (const name of ["movies", "movie", "starts", "start", "n_frames", "units"]) model.on(name, drawOn);
  model.on("sections", drawSections);
  model.on("errors", drawErrors);
  for (const name of ["running", "progress", "busy", "count", "unsaved"]) model.on(name, drawActs);
  model.on("message", drawMessage);
  model.on("saved", drawSaved);
  drawOn();
  drawSections();
  drawActs();
  drawMessage();
  drawSaved();
  root.append(about, on, sections, acts, bar, message, saved);
  return root;
}
