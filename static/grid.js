// A table of which one page is here: Python has the rest, sorts and filters. Rows are plain DOM, drawn in milliseconds.

const STYLE = `
  .grid { height: 100%; display: flex; flex-direction: column; min-height: 0; font: 400 12.5px var(--mw-font, Roboto, sans-serif); color: var(--mw-text, inherit); }
  .top { display: flex; gap: 6px; align-items: center; padding: 0 0 6px; flex-wrap: wrap; }
  .top input { flex: 1 1 120px; min-width: 90px; height: 28px; padding: 0 9px; font: inherit; color: inherit; box-sizing: border-box;
               background: var(--mw-surface, #fff); border: 1px solid var(--mw-line, #8886); border-radius: 6px; }
  .top input:focus { outline: 2px solid var(--mw-accent, #0b6e8f); outline-offset: -1px; }
  .top input.bad { border-color: #d55e00; }
  button { font: 500 12.5px var(--mw-font, Roboto, sans-serif); height: 28px; padding: 0 9px; border-radius: 6px; cursor: pointer; color: inherit;
           background: var(--mw-surface, transparent); border: 1px solid var(--mw-line, #8886); white-space: nowrap; }
  button:hover:not(:disabled) { border-color: var(--mw-accent, #0b6e8f); }
  button:disabled { opacity: .4; cursor: default; }
  .said { opacity: .75; white-space: nowrap; font-variant-numeric: tabular-nums; }
  .said.bad { color: #d55e00; opacity: 1; white-space: normal; flex-basis: 100%; }
  .rows { flex: 1 1 0; min-height: 0; overflow: auto; border: 1px solid var(--mw-line, #8886); border-radius: 6px; background: var(--mw-surface, transparent); }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th { position: sticky; top: 0; z-index: 1; background: var(--mw-surface, #fff); font-weight: 500; text-align: right; padding: 5px 7px;
       border-bottom: 1px solid var(--mw-line, #8886); white-space: nowrap; }
  th.sorts { cursor: pointer; } th.sorts:hover { color: var(--mw-accent, #0b6e8f); }
  th.left, td.left { text-align: left; } td.wide { white-space: normal; min-width: 90px; }
  td { padding: 3px 7px; text-align: right; white-space: nowrap; border-bottom: 1px solid color-mix(in srgb, var(--mw-line, #888) 45%, transparent); }
  tbody tr { cursor: pointer; } tbody tr:hover { background: color-mix(in srgb, currentColor 6%, transparent); }
  tbody tr.current { background: color-mix(in srgb, var(--mw-accent, #0b6e8f) 18%, transparent); box-shadow: inset 3px 0 var(--mw-accent, #0b6e8f); }
  .dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 6px; }
  td button { height: 22px; padding: 0 7px; font-size: 12px; }
  .none { padding: 12px; opacity: .7; }
`
const make = (tag, className = "", text = "") => Object.assign(document.createElement(tag), { className, textContent: text })

function cell(column, value) {
  const made = make("td", `${column.align === "left" ? "left" : ""} ${column.wide ? "wide" : ""}`)
  if (column.kind === "status" && value) {
    const dot = make("span", "dot")
    dot.style.background = value[1]
    made.append(dot, value[0])
  } else made.textContent = value ?? "–"
  if (column.wide) made.title = value ?? ""
  return made
}

export function render({ model }) {
  const root = make("div"), style = make("style", "", STYLE), grid = make("div", "grid"), top = make("div", "top")
  const search = Object.assign(make("input"), { type: "search", spellcheck: false })
  const said = make("span", "said"), bad = make("span", "said bad"), before = make("button", "before", "‹"), after = make("button", "after", "›")
  const acts = make("span"), rows = make("div", "rows"), table = make("table"), head = make("thead"), body = make("tbody")
  const none = make("div", "none")
  root.style.height = "100%"
  acts.style.cssText = "display:inline-flex;gap:6px"
  before.title = "Page before"; after.title = "Next page"
  table.append(head, body)
  rows.append(table, none)
  top.append(search, said, before, after, acts, bad)
  grid.append(top, rows)
  root.append(style, grid)
  let typing = 0
  search.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => model.send_msg({ filter: search.value }), 250) })
  search.addEventListener("keydown", event => { if (event.key === "Enter" || event.key === "Escape") search.blur() })
  before.addEventListener("click", () => { model.send_msg({ page: model.page - 1 }); before.blur() })
  after.addEventListener("click", () => { model.send_msg({ page: model.page + 1 }); after.blur() })

  const drawHead = () => {
    const line = make("tr")
    for (const column of model.columns) {
      const sign = model.sort === column.name ? (model.descending ? " ↓" : " ↑") : ""
      const made = make("th", `${column.sorts ? "sorts" : ""} ${column.align === "left" ? "left" : ""}`, column.title + sign)
      made.title = column.about ?? ""
      if (column.sorts) made.addEventListener("click", () => model.send_msg({ sort: column.name }))
      line.append(made)
    }
    head.replaceChildren(line)
  }
  const drawActs = () => acts.replaceChildren(...model.actions.map(action => {
    const made = make("button", "act", action.label)
    made.title = action.title ?? ""
    made.disabled = !!action.disabled
    made.dataset.name = action.name
    made.addEventListener("click", () => { model.send_msg({ act: action.name }); made.blur() })
    return made
  }))
  let drawn = null
  const draw = () => {
    drawn = model.rows
    const lines = model.rows.map(row => {
      const line = make("tr", row.current ? "current" : "")
      line.dataset.id = row.id
      model.columns.forEach((column, k) => {
        const made = cell(column, row.cells[k])
        if (column.kind === "action") {
          made.textContent = ""
          if (row.cells[k]) {
            const press = make("button", "", row.cells[k])
            press.addEventListener("click", event => { event.stopPropagation(); model.send_msg({ press: row.id }) })
            made.append(press)
          }
        }
        line.append(made)
      })
      line.addEventListener("click", () => model.send_msg({ choose: row.id }))
      return line
    })
    body.replaceChildren(...lines)
    none.textContent = lines.length ? "" : model.empty
    none.style.display = lines.length ? "none" : ""
    said.textContent = model.said
    bad.textContent = model.error
    bad.style.display = model.error ? "" : "none"
    search.classList.toggle("bad", !!model.error)
    before.disabled = model.page <= 0
    after.disabled = model.page + 1 >= model.pages
    before.style.display = after.style.display = model.pages > 1 ? "" : "none"
    const here = body.querySelector("tr.current")
    if (here && here.dataset.id !== shown) {
      const up = here.offsetTop - head.offsetHeight, down = here.offsetTop + here.offsetHeight
      if (up < rows.scrollTop) rows.scrollTop = up
      else if (down > rows.scrollTop + rows.clientHeight) rows.scrollTop = down - rows.clientHeight
    }
    shown = here?.dataset.id
  }
  let shown
  const fresh = () => { if (root.getRootNode().activeElement !== search) search.value = model.filter }
  const drawSearch = () => { search.placeholder = model.hint; search.style.display = model.hint ? "" : "none"; fresh() }
  for (const name of ["rows", "error", "said", "empty", "pages"]) model.on(name, draw)
  model.on("columns", () => { drawHead(); draw() })
  model.on("sort", drawHead); model.on("descending", drawHead)
  model.on("actions", drawActs); model.on("filter", fresh)
  drawSearch(); drawHead(); drawActs(); draw()
  // A view that Panel builds anew while the page is laid out loses its watchers: look again now and then.
  const keeper = setInterval(() => { if (drawn !== model.rows) { drawHead(); drawActs(); draw() } }, 300)
  model.on("remove", () => clearInterval(keeper))
  return root
}
