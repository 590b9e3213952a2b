// Contrast and boxes of one movie, beside its frame.

export function render({model}) {
  const root = make('div', 'tools'), message = make('p', 'message'), histogram = new Histogram(model)
  message.setAttribute('role', 'status')
  const parts = {contrast: make('div'), boxes: make('div')}
  const drawContrast = drawn(parts.contrast, () => [contrast(model, histogram)])
  const drawBoxes = drawn(parts.boxes, () => [boxes(model)])
  const say = () => {
    message.textContent = model.message
    message.hidden = !model.message
  }
  model.on(['title', 'contrast', 'limits', 'colormap', 'revision'], drawContrast)
  model.on(['boxes', 'mask', 'saving', 'can_save', 'revision'], drawBoxes)
  model.on('message', say)
  model.on('remove', () => histogram.stop())
  drawContrast()
  drawBoxes()
  say()
  root.append(parts.contrast, parts.boxes, message)
  return root
}
