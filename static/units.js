// The units of the group that is shown: one row each, with colour, id, status and a mark.
// Rows are plain DOM because a group switch must be painted in a quarter of a second.

const STYLE = `
  .units { display: flex; flex-direction: column; gap: 2px; font-size: 13px; color: var(--mw-text, inherit); }
  .unit { display: grid; grid-template-columns: 22px 14px minmax(34px, auto) 66px 1fr; gap: 8px; align-items: center;
          padding: 2px 8px; border: 1px solid transparent; border-radius: 6px; cursor: pointer; min-height: 20px; }
  .unit:hover { background: color-mix(in srgb, currentColor 7%, transparent); }
  .unit.current { border-color: var(--mw-accent, #0b6e8f); background: color-mix(in srgb, var(--mw-accent, #0b6e8f) 12%, transparent); }
  .unit input { margin: 0; width: 15px; height: 15px; cursor: pointer; accent-color: var(--mw-accent, #0b6e8f); }
  .swatch { width: 12px; height: 12px; border-radius: 3px; }
  .id { font-weight: 600; font-variant-numeric: tabular-nums; }
  .status { justify-self: end; padding: 1px 8px; border-radius: 10px; font-size: 12px; white-space: nowrap;
            color: #fff; overflow: hidden; text-overflow: ellipsis; max-width: 100%; box-sizing: border-box; }
  .status.undecided { color: inherit; background: none !important; border: 1px solid currentColor; opacity: .65; }
  .label { width: 66px; height: 22px; padding: 0 2px; font: inherit; font-size: 12px; color: inherit; cursor: pointer; box-sizing: border-box;
           background: var(--mw-surface, transparent); border: 1px solid var(--mw-line, #8886); border-radius: 5px; }
  .empty { padding: 8px; opacity: .7; }
`

const make = (tag, className, text = "") => {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = text
  return element
}

// All units of the session as labels; made only when the list is opened, since there may be thousands.
function labels(model, unit) {
  const select = make("select", "label")
  select.title = "Unit label: equal labels are one cell, -1 is discarded"
  select.setAttribute("aria-label", `Label of unit ${unit.unit}`)
  select.append(new Option(unit.label, unit.label, true, true))
  const fill = () => {
    if (select.options.length > 1) return
    select.replaceChildren(...[-1, ...model.labels].map(one => new Option(one, one, one === unit.label, one === unit.label)))
  }
  select.addEventListener("pointerdown", fill)
  select.addEventListener("focus", fill)
  select.addEventListener("click", event => event.stopPropagation())
  select.addEventListener("change", () => {
    model.send_msg({ unit: unit.unit, label: Number(select.value) })
    select.blur()
  })
  return select
}

function row(model, unit) {
  const line = make("div", `unit${unit.current ? " current" : ""}`)
  line.dataset.unit = unit.unit
  const mark = make("input", "mark")
  mark.type = "checkbox"
  mark.checked = unit.marked
  mark.title = "Mark for the next decision"
  mark.setAttribute("aria-label", `Mark unit ${unit.unit}`)
  mark.addEventListener("click", event => {
    event.stopPropagation()
    model.send_msg({ mark: unit.unit })
    mark.blur()
  })
  const swatch = make("span", "swatch")
  swatch.style.background = unit.color
  const status = make("span", `status ${unit.status}`, unit.text)
  status.style.background = unit.status_color
  status.title = unit.text
  line.append(mark, swatch, make("span", "id", unit.unit), labels(model, unit), status)
  line.addEventListener("click", () => model.send_msg({ current: unit.unit }))
  return line
}

export function render({ model }) {
  const list = make("div", "units")
  list.setAttribute("role", "list")
  let drawn = null
  const draw = () => {
    if (drawn === model.rows) return
    drawn = model.rows
    const rows = drawn.map(unit => row(model, unit))
    list.replaceChildren(...(rows.length ? rows : [make("div", "empty", model.empty)]))
  }
  model.on("rows", draw)
  // A view that Panel builds anew while the page is laid out loses its watchers: look again now and then.
  const keeper = setInterval(draw, 250)
  model.on("remove", () => clearInterval(keeper))
  draw()
  const style = document.createElement("style")
  style.textContent = STYLE
  const root = document.createElement("div")
  root.append(style, list)
  return root
}
