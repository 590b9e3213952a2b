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
  ['first_frame', 'First frame'], ['step_back', 'Previous frame'], ['play_pause', 'Play'],
  ['step_forward', 'Next frame'], ['last_frame', 'Last frame'],
]

function clockText(seconds) {
  const minutes = Math.floor(seconds / 60)
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, '0')}`
}

class Controls {
  constructor(actions) {
    this.root = document.createElement('div')
    this.root.className = 'player'
    this.root.innerHTML = `
      <div class="row">
        <div class="buttons">${BUTTONS.map(([name, label]) =>
          `<button type="button" data-command="${name}" title="${label}" aria-label="${label}">${icon(name === 'play_pause' ? 'play' : name)}</button>`).join('')}</div>
        <input class="seek" type="range" min="0" step="1" value="0" aria-label="Position in the movie">
        <label class="field">Frame <input class="frame" type="number" step="1" aria-label="Frame"></label>
        <span class="total"></span>
        <span class="time"></span>
        <label class="field">Speed <input class="fps" type="number" min="1" max="240" step="1" aria-label="Frames per second"> fps</label>
        <span class="painted" title="Frames painted a second, counted"></span>
      </div>
      <div class="row notes"><span class="readout"></span><span class="status" role="status"></span></div>`
    const find = (name) => this.root.querySelector(name)
    Object.assign(this, {
      seek: find('.seek'), frame: find('.frame'), total: find('.total'), time: find('.time'), fps: find('.fps'),
      painted: find('.painted'), readout: find('.readout'), status: find('.status'),
      toggle: find('[data-command=play_pause]'),
    })
    for (const button of this.root.querySelectorAll('button')) button.onclick = () => actions.command(button.dataset.command)
    this.seek.oninput = () => actions.seek(Number(this.seek.value), false)
    this.seek.onchange = () => actions.seek(Number(this.seek.value), true)
    this.frame.onchange = () => actions.frame(this.frame.valueAsNumber)
    this.fps.onchange = () => actions.fps(this.fps.valueAsNumber)
    for (const input of [this.seek, this.frame, this.fps]) {
      input.addEventListener('change', () => input.blur())  // so that the keys of the page work again
    }
  }

  setPlaying(playing) {
    this.toggle.innerHTML = icon(playing ? 'pause' : 'play')
    this.toggle.title = playing ? 'Pause' : 'Play'
    this.toggle.setAttribute('aria-label', this.toggle.title)
  }

  setLength(count, last) {
    this.seek.max = Math.max(0, count - 1)
    this.total.textContent = `/ ${last}`
    for (const one of this.root.querySelectorAll('button, input')) one.disabled = count < 1
  }

  setPosition(position, label, seconds) {
    this.seek.value = position
    if (this.root.getRootNode().activeElement !== this.frame) this.frame.value = label
    const text = seconds === null ? '' : clockText(seconds)
    if (this.time.textContent !== text) this.time.textContent = text
  }

  setText(name, text) { if (this[name].textContent !== text) this[name].textContent = text }
}
