// One line of text about one thing: told when the person is done with it, never in the middle of a word.

const STYLE = `
  label { display: flex; gap: 8px; align-items: center; font: 400 12.5px var(--mw-font, Roboto, sans-serif); color: var(--mw-text, inherit); }
  span { white-space: nowrap; opacity: .8; }
  input { flex: 1; min-width: 0; height: 28px; padding: 0 9px; font: inherit; color: inherit; box-sizing: border-box;
          background: var(--mw-surface, #fff); border: 1px solid var(--mw-line, #8886); border-radius: 6px; }
  input:focus { outline: 2px solid var(--mw-accent, #0b6e8f); outline-offset: -1px; }
`

export function render({ model }) {
  const root = document.createElement("div"), label = document.createElement("label")
  const name = document.createElement("span"), input = document.createElement("input")
  input.type = "text"
  input.maxLength = 2000
  input.className = "note"
  let of = null
  const tell = () => { if (of !== null && input.value !== model.text) model.send_msg({ about: of, text: input.value }) }
  const draw = () => {
    if (of !== model.about && input === root.getRootNode().activeElement) tell()
    if (of !== model.about || input !== root.getRootNode().activeElement) input.value = model.text
    of = model.about
    name.textContent = model.label
    input.placeholder = model.hint
    input.disabled = model.about === null
  }
  input.addEventListener("blur", tell)
  input.addEventListener("keydown", event => {
    if (event.key === "Escape") input.value = model.text
    if (event.key === "Enter" || event.key === "Escape") input.blur()
  })
  model.on("about", draw); model.on("text", draw); model.on("label", draw)
  draw()
  const style = document.createElement("style")
  style.textContent = STYLE
  label.append(name, input)
  root.append(style, label)
  return root
}
