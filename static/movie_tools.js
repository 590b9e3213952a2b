// Contrast, colormap and boxes of the Movie Viewer, beside the frame.

const make = (tag, className = '', text = '') => {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = text
  return element
}

const shown = (value) => Number.isFinite(value) ? String(Number(value.toPrecision(6))) : ''

function number(value, label, onChange) {
  const input = make('input')
  input.type = 'number'
  input.step = 'any'
  input.value = shown(value)
  input.setAttribute('aria-label', label)
  input.onchange = () => onChange(input.value === '' ? NaN : Number(input.value))
  return input
}

function section(title) {
  const part = make('section')
  part.append(make('h2', '', title))
  return part
}

function contrast(model) {
  const part = section('Contrast'), modes = make('div', 'modes'), limits = make('div', 'limits')
  modes.setAttribute('role', 'group')
  for (const [mode, label, hint] of [['auto', 'Auto', 'Leaves out the darkest and brightest pixels'], ['full', 'Full', 'The whole range of the movie']]) {
    const button = make('button', model.contrast === mode ? 'chosen' : '', label)
    button.title = hint
    button.setAttribute('aria-pressed', String(model.contrast === mode))
    button.onclick = () => model.send_msg({contrast: mode})
    modes.append(button)
  }
  const [low, high] = model.limits ?? [NaN, NaN]
  const inputs = [number(low, 'Lower limit', () => send()), number(high, 'Upper limit', () => send())]
  const send = () => model.send_msg({low: inputs[0].valueAsNumber, high: inputs[1].valueAsNumber})
  for (const input of inputs) input.placeholder = model.contrast === 'full' ? 'all' : ''
  limits.append(inputs[0], make('span', '', '–'), inputs[1], make('span', 'unit', 'a.u.'))
  part.append(modes, limits, colormap(model))
  return part
}

function colormap(model) {
  const label = make('label', 'field', 'Colormap '), select = make('select')
  for (const name of model.colormaps) select.append(new Option(name, name, false, name === model.colormap))
  select.onchange = () => model.send_msg({colormap: select.value})
  label.append(select)
  return label
}

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
  name.value = box.name
  name.maxLength = 80
  name.setAttribute('aria-label', 'Name of the box')
  name.onchange = () => model.send_msg({rename: box.name, to: name.value})
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
  return row
}

const SAID = {saved: 'Saved', unsaved: 'Not saved yet', saving: 'Saving', failed: 'Not saved'}

function saveRow(model) {
  const row = make('div', 'save'), button = make('button', 'main', 'Save mask')
  const dirty = model.saving === 'unsaved' || model.saving === 'failed'
  button.disabled = !dirty || !model.can_save
  button.title = model.can_save ? 'Write the boxes and the mask beside the movie (s)' : 'Nothing can be written here'
  button.onclick = () => model.send_msg({save: true})
  const status = make('span', `status ${dirty ? 'dirty' : ''}`, model.boxes.length || dirty ? SAID[model.saving] : '')
  status.dataset.saving = model.saving
  status.setAttribute('role', 'status')
  row.append(button, status)
  return row
}

export function render({model}) {
  const root = make('div', 'tools'), message = make('p', 'message')
  message.setAttribute('role', 'status')
  const parts = {contrast: make('div'), boxes: make('div')}
  const drawContrast = () => parts.contrast.replaceChildren(contrast(model))
  const drawBoxes = () => parts.boxes.replaceChildren(boxes(model))
  const say = () => {
    message.textContent = model.message
    message.hidden = !model.message
  }
  model.on(['contrast', 'limits', 'colormap', 'revision'], drawContrast)
  model.on(['boxes', 'mask', 'saving', 'can_save', 'revision'], drawBoxes)
  model.on('message', say)
  drawContrast()
  drawBoxes()
  say()
  root.append(parts.contrast, parts.boxes, message)
  return root
}
