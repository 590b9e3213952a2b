// A row of buttons, switches and texts, drawn as one component: as many Material components would have the browser lay
// out the whole page once for each of them.

const STYLE = `
  .strip { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; font: 500 13px var(--mw-font, Roboto, sans-serif);
           color: var(--mw-text, inherit); }
  .strip.end { justify-content: flex-end; }
  button { font: inherit; height: 32px; min-width: 34px; padding: 0 7px; border-radius: 6px; cursor: pointer; white-space: nowrap;
           color: inherit; background: var(--mw-surface, transparent); border: 1px solid var(--mw-line, #8886); }
  button:hover:not(:disabled) { border-color: var(--mw-accent, #0b6e8f); background: color-mix(in srgb, var(--mw-accent, #0b6e8f) 8%, var(--mw-surface, transparent)); }
  button.main, button.on { color: var(--mw-on-accent, #fff); background: var(--mw-accent, #0b6e8f); border-color: transparent; }
  button.main:hover:not(:disabled), button.on:hover:not(:disabled) { background: color-mix(in srgb, var(--mw-accent, #0b6e8f) 86%, #000); }
  button:disabled { opacity: .45; cursor: default; }
  button:focus-visible, input:focus-visible { outline: 2px solid var(--mw-accent, #0b6e8f); outline-offset: 1px; }
  label { display: inline-flex; align-items: center; gap: 5px; font-weight: 400; cursor: pointer; white-space: nowrap; padding-right: 6px; }
  label input { appearance: none; flex: none; margin: 0; min-width: 28px; height: 16px; border-radius: 8px; position: relative; cursor: pointer;
                background: var(--mw-quiet, #8a97a3); transition: background .12s; }
  label input::after { content: ""; position: absolute; left: 2px; top: 2px; width: 12px; height: 12px; border-radius: 50%;
                       background: #fff; transition: left .12s; }
  label input:checked { background: var(--mw-accent, #0b6e8f); }
  label input:checked::after { left: 14px; }
  .text { font-weight: 400; white-space: nowrap; text-align: center; font-variant-numeric: tabular-nums; }
`

const makers = {
  button: (model, item) => {
    const made = document.createElement("button")
    made.type = "button"
    made.addEventListener("click", () => {
      model.send_msg({ press: item.name })
      made.blur()  // so that the next key is the page's, not the button's
    })
    return made
  },
  switch: (model, item) => {
    const made = document.createElement("label")
    const box = document.createElement("input")
    box.type = "checkbox"
    box.setAttribute("role", "switch")
    box.addEventListener("change", () => {
      model.send_msg({ turn: item.name, on: box.checked })
      box.blur()
    })
    made.append(box, document.createElement("span"))
    return made
  },
  text: () => Object.assign(document.createElement("span"), { className: "text" }),
}

function show(element, item) {
  element.dataset.name = item.name
  element.title = item.title
  element.hidden = item.hidden
  element.style.display = item.hidden ? "none" : ""
  element.style.minWidth = item.width ? `${item.width}px` : ""
  if (item.kind === "switch") {
    element.firstChild.checked = item.on
    element.firstChild.disabled = item.disabled
    element.lastChild.textContent = item.label
    return
  }
  element.textContent = item.label
  if (item.kind === "button") {
    element.className = item.main ? "main" : item.on ? "on" : ""
    element.disabled = item.disabled
  }
}

export function render({ model }) {
  const strip = document.createElement("div")
  strip.className = model.at_end ? "strip end" : "strip"
  const elements = new Map()
  const draw = () => {
    const wanted = model.items.map(item => {
      if (!elements.has(item.name)) elements.set(item.name, makers[item.kind](model, item))
      show(elements.get(item.name), item)
      return elements.get(item.name)
    })
    if (wanted.length !== strip.children.length || wanted.some((one, k) => strip.children[k] !== one)) strip.replaceChildren(...wanted)
  }
  model.on("items", draw)
  draw()
  const style = document.createElement("style")
  style.textContent = STYLE
  const root = document.createElement("div")
  root.append(style, strip)
  return root
}
