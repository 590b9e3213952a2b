// The player as Panel wants it.

export function render({model}) {
  const player = new Player(model)
  window.minianPlayers = [...window.minianPlayers ?? [], player]
  model.on('panels', () => player.setPanels())
  for (const name of ['n_frames', 'labels', 'first_label', 'label_step', 'frame_rate']) model.on(name, () => player.setLength())
  for (const name of ['cursor_ids', 'cursor_scale']) model.on(name, () => player.show())
  for (const name of ['fps', 'speed']) model.on(name, () => player.setPace())
  model.on('loop', () => player.loopChanged())
  model.on('target', () => player.follow())
  model.on('msg:custom', (message) => { if (message.command) player.command(message.command) })
  model.on('remove', () => player.remove())
  player.position = Math.max(0, Math.min(model.n_frames - 1, model.target[0]))
  player.followed = model.target[1]
  player.setLength()
  player.setPace()
  player.loopChanged()
  player.setPanels()
  return player.controls.root
}
