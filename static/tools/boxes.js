// Boxes by numbers, one of them the mask.

function boxes(model) {
  const part = section('Boxes')
  if (!model.boxes.length) part.append(make('p', 'hint', 'Shift and drag on the frame to draw a box. Drag a box to move it; click it and press Backspace to delete it.'))
  for (const box of model.boxes) part.append(boxRow(model, box))
  part.append(saveRow(model))
  return part
}

function boxRow(model, box) {
  const row = make('div', `box${box.name === model.mask ? ' mask' : ''}`), head = make('div', 'head')
  const mark = make('input'), name = make('input', 'name'), remove = make('button', 'remove', '×')
  mark.type = 'radio'
  mark.checked = box.name === model.mask
  mark.title = 'This box is the mask'
  mark.setAttribute('aria-label', `${box.name} is the mask`)
  mark.onclick = () => model.send_msg({mask: box.name})
  name.value = name.defaultValue = box.name
  name.maxLength = 80
  name.setAttribute('aria-label', 'Name of the box')
  name.onchange = () => {
    name.defaultValue = name.value
    model.send_msg({rename: box.name, to: name.value})
  }
  remove.title = `Delete ${box.name}`
  remove.setAttribute('aria-label', remove.title)
  remove.onclick = () => model.send_msg({delete: box.name})
  head.append(mark, name, ...(box.name === model.mask ? [make('span', 'tag', 'mask')] : []), remove)
  row.append(head)
  const inputs = {}
  const send = () => model.send_msg({
    box: box.name,
    height: [inputs.height[0].valueAsNumber, inputs.height[1].valueAsNumber],
    width: [inputs.width[0].valueAsNumber, inputs.width[1].valueAsNumber],
  })
  for (const dim of ['height', 'width']) {
    const line = make('div', 'bounds')
    inputs[dim] = box[dim].map((value, end) => number(value, `${box.name}, ${dim} ${end ? 'to' : 'from'}`, send))
    line.append(make('span', 'dim', dim), inputs[dim][0], make('span', '', '–'), inputs[dim][1], make('span', 'unit', 'px'))
    row.append(line)
  }
  const use = make('div', 'row'), text = python(box), copied = make('input', 'text')
  copied.value = text
  copied.readOnly = true
  copied.hidden = true
  copied.setAttribute('aria-label', 'The box as Python')
  use.append(
    button('Copy as Python', text, (event) => copy(text, event.currentTarget, copied)),
    button('Preview', 'Show only what is inside of the box', () => look(model, box)), copied)
  row.append(use)
  return row
}

// What the pipeline takes: `varr.sel(subset_mc)`.
function python(box) {
  const slice = ([low, high]) => `slice(${low}, ${high})`
  return `subset_mc = {"height": ${slice(box.height)}, "width": ${slice(box.width)}}`
}

// A page that is not served over https may not write to the clipboard: then the text is shown, selected.
async function copy(text, label, shown) {
  try {
    await navigator.clipboard.writeText(text)
    label.textContent = 'Copied'
    setTimeout(() => { label.textContent = 'Copy as Python' }, 1500)
  } catch {
    shown.hidden = false
    shown.select()
  }
}

// Zoom to the box, with a little around it.
function look(model, box) {
  const {x_range: x, y_range: y} = window.Bokeh?.index?.find_one_by_id(model.figure)?.model ?? {}
  if (!x) return
  const around = ([low, high]) => [low - 0.5 - 0.03 * (high - low), high + 0.5 + 0.03 * (high - low)]
  const [left, right] = around(box.width), [top, bottom] = around(box.height)
  const down = y.start > y.end ? [bottom, top] : [top, bottom]
  const across = Math.abs(x.end - x.start), tall = Math.abs(y.end - y.start), unit = Math.max((right - left) / across, (bottom - top) / tall)
  const [cx, cy] = [(left + right) / 2, (top + bottom) / 2]
  x.setv({start: cx - unit * across / 2, end: cx + unit * across / 2})
  y.setv(down[0] > down[1] ? {start: cy + unit * tall / 2, end: cy - unit * tall / 2} : {start: cy - unit * tall / 2, end: cy + unit * tall / 2})
}

const SAID = {saved: 'Saved', unsaved: 'Not saved yet', saving: 'Saving', failed: 'Not saved'}

function saveRow(model) {
  const row = make('div', 'save'), save = make('button', 'main', model.save_label)
  const dirty = model.saving === 'unsaved' || model.saving === 'failed'
  save.disabled = !dirty || !model.can_save
  save.title = model.can_save ? 'Write the boxes and the mask beside the movie (s)' : 'Nothing can be written here'
  save.onclick = () => model.send_msg({save: true})
  const status = make('span', `status ${dirty ? 'dirty' : ''}`, model.boxes.length || dirty ? SAID[model.saving] : '')
  status.dataset.saving = model.saving
  status.setAttribute('role', 'status')
  row.append(save, status)
  return row
}
