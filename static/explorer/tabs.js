// The steps of the Parameter Explorer as tabs; arrow keys move between them.
export function render({ model }) {
  const root = document.createElement("div");
  root.className = "tabs";
  root.setAttribute("role", "tablist");
  const draw = () => {
    root.replaceChildren(
      ...model.steps.map((step) => {
        const tab = document.createElement("button");
        tab.type = "button";
        tab.textContent = step.title;
        tab.setAttribute("role", "tab");
        const chosen = step.name === model.chosen;
        tab.setAttribute("aria-selected", String(chosen));
        tab.tabIndex = chosen ? 0 : -1;
        tab.onclick = () => model.send_msg({ step: step.name });
        tab.onkeydown = (event) => {
          const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (!by) return;
          event.preventDefault();
          const at = model.steps.findIndex((one) => one.name === step.name);
          const next = model.steps[(at + by + model.steps.length) % model.steps.length];
          model.send_msg({ step: next.name });
          root.children[model.steps.indexOf(next)].focus();
        };
        return tab;
      }),
    );
  };
  model.on("steps", draw);
  model.on("chosen", () => {
    [...root.children].forEach((tab, at) => {
      const chosen = model.steps[at].name === model.chosen;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    });
  });
  draw();
  return root;
}
