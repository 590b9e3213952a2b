// Buttons, seek bar and read-outs of the player.

const ICONS = {
  first_frame: 'M6 6h2v12H6zM20 6v12l-10-6z',
  step_back: 'M15 6v12l-9-6zM17 6h2v12h-2z',
  play: 'M7 5v14l12-7z',
  pause: 'M6 5h4v14H6zM14 5h4v14h-4z',
  step_forward: 'M9 6v12l9-6zM5 6h2v12H5z',
  last_frame: 'M16 6h2v12h-2zM4 6v12l10-6z',
}

const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`

const BUTTONS = [
  ['first_frame', 'First frame (Home)', icon('first_frame')], ['leap_back', '100 frames back (Ctrl + ←)', '−100'],
  ['jump_back', '10 frames back (Shift + ←)', '−10'], ['step_back', 'Previous frame (←)', icon('step_back')],
  ['play_pause', 'Play', icon('play')], ['step_forward', 'Next frame (→)', icon('step_forward')],
  ['jump_forward', '10 frames on (Shift + →)', '+10'], ['leap_forward', '100 frames on (Ctrl + →)', '+100'],
  ['last_frame', 'Last frame (End)', icon('last_frame')],
]
const LOOP_BUTTONS = [
  ['loop_start', 'The loop begins at this frame ( [ )', '['], ['loop_end', 'The loop ends at this frame ( ] )', ']'],
]
const SPEEDS = [0.25, 0.5, 1, 2, 4]

const buttonOf = ([name, label, content]) =>
  `<button type="button" data-command="${name}" title="${label}" aria-label="${label.replace(/ \(.*/, '')}">${content}</button>`

class Controls {
  constructor(player) {
    this.player = player
    this.root = document.createElement('div')
    this.root.className = 'player'
    this.root.innerHTML = `
      <div class="row">
        <div class="buttons">${BUTTONS.map(buttonOf).join('')}</div>
        <div class="track"><div class="loop" hidden></div>
          <input class="seek" type="range" min="0" step="1" value="0" aria-label="Position in the movie"></div>
        <label class="field">Frame <input class="frame" type="number" step="1" aria-label="Frame"></label>
        <span class="total"></span>
        <label class="field clock" hidden>Time <input class="time" type="text" inputmode="decimal" title="Minutes : seconds" aria-label="Time"></label>
        <label class="field"><input class="fps" type="number" min="1" max="240" step="1" aria-label="Frames per second"> fps</label>
        <select class="speed" aria-label="Speed" title="Speed">${SPEEDS.map((one) => `<option value="${one}">${one}×</option>`).join('')}</select>
        <div class="buttons">${LOOP_BUTTONS.map(buttonOf).join('')}<button type="button" class="looped" data-command="loop_clear" hidden></button></div>
      </div>
      <div class="row notes"><span class="readout"></span><span class="status" role="status"></span><span class="painted" title="Frames painted a second, counted"></span></div>`
    const find = (name) => this.root.querySelector(name)
    Object.assign(this, {
      seek: find('.seek'), frame: find('.frame'), total: find('.total'), time: find('.time'), clock: find('.clock'),
      fps: find('.fps'), speed: find('.speed'), painted: find('.painted'), readout: find('.readout'), status: find('.status'),
      loop: find('.loop'), looped: find('.looped'), toggle: find('[data-command=play_pause]'),
    })
    this.listen()
  }

  listen() {
    const {player} = this
    for (const button of this.root.querySelectorAll('button')) button.onclick = () => player.command(button.dataset.command)
    this.seek.oninput = () => player.seek(Number(this.seek.value), false)
    this.seek.onchange = () => player.seek(Number(this.seek.value), true)
    this.frame.onchange = () => player.seek(player.labels.position(this.frame.valueAsNumber))
    this.time.onchange = () => player.seek(player.labels.at(this.time.value))
    this.fps.onchange = () => player.setPace(this.fps.valueAsNumber)
    this.speed.onchange = () => player.setPace(undefined, Number(this.speed.value))
    for (const input of [this.seek, this.frame, this.time, this.fps, this.speed]) {
      input.addEventListener('change', () => input.blur())  // so that the keys of the page work again
    }
  }

  setPlaying(playing) {
    this.toggle.innerHTML = icon(playing ? 'pause' : 'play')
    this.toggle.title = `${playing ? 'Pause' : 'Play'} (Space)`
    this.toggle.setAttribute('aria-label', playing ? 'Pause' : 'Play')
  }

  setLength(count, last) {
    this.seek.max = Math.max(0, count - 1)
    this.total.textContent = `/ ${last}`
    this.clock.hidden = !(this.player.model.frame_rate > 0)
    for (const one of this.root.querySelectorAll('button, input, select')) one.disabled = count < 1
    this.setLoop(this.player.loop.range, count)
  }

  setPace(fps, speed) {
    this.fps.value = fps
    if (!SPEEDS.includes(speed) && ![...this.speed.options].some((one) => Number(one.value) === speed)) this.speed.append(new Option(`${speed}×`, speed))
    this.speed.value = String(speed)
  }

  setLoop(range, count) {
    this.loop.hidden = this.looped.hidden = range === null
    if (range === null) return
    const {labels} = this.player, part = (position) => 100 * position / Math.max(1, count - 1)
    this.loop.style.left = `${part(range[0])}%`
    this.loop.style.width = `${part(range[1]) - part(range[0])}%`
    this.looped.textContent = `${labels.of(range[0])} – ${labels.of(range[1])} ×`
    this.looped.title = 'Play the whole movie again ( \\ )'
    this.looped.setAttribute('aria-label', 'End the loop')
  }

  setPosition(position, label, clock) {
    const active = this.root.getRootNode().activeElement
    this.seek.value = position
    if (active !== this.frame) this.frame.value = label
    if (active !== this.time && this.time.value !== clock) this.time.value = clock
  }

  setText(name, text) { if (this[name].textContent !== text) this[name].textContent = text }
}
