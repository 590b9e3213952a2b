// A text that changes often. Python made the markup and escaped what came from elsewhere.
export function render({ model }) {
  const label = document.createElement("div")
  label.style.font = "400 13px var(--mw-font, Roboto, sans-serif)"
  const draw = () => { label.innerHTML = model.markup }
  model.on("markup", draw)
  draw()
  return label
}
