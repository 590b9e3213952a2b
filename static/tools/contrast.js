// Where the colour limits come from: the histogram of the frame on the screen, buttons and numbers.

const MODES = [
  ['auto', 'Auto', 'Leaves out the darkest and brightest pixels'], ['full', 'Full', 'The whole range of the movie'],
]

function contrast(model, histogram) {
  const part = section(model.title ? `Contrast of ${model.title}` : 'Contrast'), limits = make('div', 'limits')
  const [low, high] = model.limits ?? [NaN, NaN]
  const inputs = [number(low, 'Lower limit', () => send()), number(high, 'Upper limit', () => send())]
  const send = () => model.send_msg({low: inputs[0].valueAsNumber, high: inputs[1].valueAsNumber})
  for (const input of inputs) input.placeholder = model.contrast === 'full' ? 'all' : ''
  limits.append(inputs[0], make('span', '', '–'), inputs[1], make('span', 'unit', 'a.u.'))
  const maps = model.colormaps.map((name) => [name, name])
  part.append(
    histogram.root, modes('Contrast', MODES, model.contrast, (mode) => model.send_msg({contrast: mode})), limits,
    choice('Colormap', maps, model.colormap, (name) => model.send_msg({colormap: name})))
  return part
}
