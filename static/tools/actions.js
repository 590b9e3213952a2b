// What can be done with the movies of the page: what is shown, side by side, statistics, files.

const LOOKS = [
  ['frame', 'Frame', 'The frame of the player'], ['max', 'Max', 'Brightest value of each pixel over the loop or the whole movie'],
  ['mean', 'Mean', 'Mean of each pixel over the loop or the whole movie'], ['min', 'Min', 'Darkest value of each pixel over the loop or the whole movie'],
]

function working(progress, label, onCancel) {
  const row = make('div', 'row'), bar = make('progress')
  bar.max = 1
  bar.value = progress
  bar.setAttribute('aria-label', label)
  row.append(bar, button('Cancel', `Cancel: ${label}`, onCancel))
  return row
}

function looks(model) {
  const {show, title, projecting, has_units, outlines} = model.shown, part = section('Show')
  part.append(modes('Show', LOOKS, show, (one) => model.send_msg({show: one})))
  if (projecting !== null) part.append(working(projecting, 'Projection', () => model.send_msg({cancel: 'projection'})))
  if (title) part.append(make('p', 'quiet', title))
  if (has_units) part.append(check('Outlines of the units', outlines, (on) => model.send_msg({outlines: on})))
  return part
}

function beside(model) {
  const {companions, beside} = model.shown, part = section('Side by side')
  for (const name of companions) {
    part.append(check(name, beside.includes(name), (on) => model.send_msg({beside: on ? [...beside, name] : beside.filter((one) => one !== name)})))
  }
  return part
}

function statistics(model) {
  const {names, shows, computing, stopped, has_motion, motions} = model.shown, part = section('Statistics of frames'), row = make('div', 'row')
  for (const [name, label] of names) {
    row.append(check(label, shows.includes(name), (on) => model.send_msg({statistics: names.map(([one]) => one).filter((one) => one === name ? on : shows.includes(one))})))
  }
  if (has_motion) row.append(check('motion', motions, (on) => model.send_msg({motions: on})))
  part.append(row)
  if (computing !== null) part.append(working(computing, 'Statistics', () => model.send_msg({cancel: 'statistics'})))
  if (stopped) part.append(button('Compute the rest', 'Go on with the statistics of all frames', () => model.send_msg({resume: true})))
  return part
}

function files(model, kept) {
  const {exporting, file, said, looped, has_units, references} = model.shown, part = section('Export'), row = make('div', 'row')
  row.append(button('Picture (PNG)', 'What the screen shows, one pixel for each of the movie', () => model.send_msg({picture: true})))
  part.append(row)
  const name = make('input', 'text')
  name.value = kept.name ?? model.shown.name
  name.setAttribute('aria-label', 'File name')
  name.oninput = () => { kept.name = name.value }
  const kinds = [[looped ? 'loop' : 'whole', looped ? 'The loop as video' : 'The whole movie as video']]
  if (looped) kinds.push(['whole', 'The whole movie as video'])
  if (has_units && references) kinds.push(['result', 'Result, before curation'], ['curated', 'Result, after curation'])
  if (!kinds.some(([kind]) => kind === kept.kind)) kept.kind = kinds[0][0]
  const places = [['download', 'Download'], ['server', 'Keep on the server']]
  const start = button('Write', 'Write the video', () => model.send_msg({video: kept.kind, name: name.value, place: kept.place ?? 'download'}))
  start.disabled = exporting !== null
  const line = make('div', 'field')
  line.append(name, start)
  part.append(choice('Video', kinds, kept.kind, (kind) => { kept.kind = kind }), choice('Then', places, kept.place ?? 'download', (place) => { kept.place = place }), line)
  if (exporting !== null) part.append(working(exporting, 'Video', () => model.send_msg({cancel: 'video'})))
  if (said) part.append(make('p', 'quiet', said))
  if (file) {
    const link = make('a', 'link', `Download ${file.name}`)
    link.href = file.url
    link.setAttribute('download', file.name)
    part.append(link)
  }
  return part
}

function save(picture) {
  const link = make('a')
  link.href = picture.url
  link.download = picture.name
  link.click()
}

export function render({model}) {
  const root = make('div', 'tools'), kept = {}
  const draw = () => {
    const typing = root.getRootNode().activeElement?.classList.contains('text')
    const parts = [looks(model)]
    if (model.shown.companions.length) parts.push(beside(model))
    parts.push(statistics(model))
    if (model.shown.can_export) parts.push(files(model, kept))
    root.replaceChildren(...parts)
    if (typing) root.querySelector('input.text')?.focus()
  }
  model.on('shown', draw)
  model.on('msg:custom', (message) => { if (message.picture) save(message.picture) })
  draw()
  return root
}
