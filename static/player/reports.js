// What is told of the position: to Python a few times a second, to the lines that follow it, and frames painted a second.

const TELL_MS = 200, CURSOR_MS = 250  // each move of a cursor paints its figure anew

class Reports {
  constructor(player) {
    this.player = player
    this.stamps = []
    this.told = 0
    this.cursorsMoved = 0
  }

  painted() { this.stamps.push(performance.now()) }

  restart() { this.stamps = [] }

  paintedFps() {
    const now = performance.now()
    while (this.stamps.length && now - this.stamps[0] > 1000) this.stamps.shift()
    const span = this.stamps.length > 1 ? this.stamps.at(-1) - this.stamps[0] : 0
    return span ? (this.stamps.length - 1) * 1000 / span : 0
  }

  moveCursors(label, settled) {
    const now = performance.now()
    if (!settled && now - this.cursorsMoved < CURSOR_MS) return
    this.cursorsMoved = now
    const location = label * this.player.model.cursor_scale
    for (const id of this.player.model.cursor_ids) {
      for (const doc of window.Bokeh?.documents ?? []) {
        const span = doc.get_model_by_id(id)
        if (span && span.location !== location) span.setv({location}, {sync: false})
      }
    }
  }

  tell(settled) {
    const now = performance.now()
    if (!settled && now - this.told < TELL_MS) return
    const painted = Math.round(10 * this.paintedFps()) / 10
    if (this.player.model.position !== this.player.position) this.player.model.position = this.player.position
    if (this.player.playing && Math.abs(this.player.model.painted_fps - painted) >= 0.5) this.player.model.painted_fps = painted
    this.told = now
  }

  // What is wrong with the frame on the screen, or what is waited for.
  status() {
    const {panels, position, playing, clock} = this.player
    for (const {feed} of panels) {
      const failure = feed.failed.get(position)
      if (failure && !feed.has(position)) return failure.lasting ? failure.text : `${failure.text}. Trying again.`
    }
    if (panels.some(({feed}) => feed.active && !feed.has(position))) return 'Loading'
    return playing && clock.since === null ? 'Buffering' : ''
  }

  show() {
    const {player} = this, {controls, labels, clock, position} = player
    const label = player.count ? labels.of(position) : 0, every = clock.step > 1 ? `, every ${clock.step}. frame` : ''
    controls.setPosition(position, label, labels.clock(position))
    controls.setText('painted', player.playing ? `${this.paintedFps().toFixed(0)} painted/s${every}` : '')
    controls.setText('status', this.status())
    controls.status.classList.toggle('failed', player.panels.some(({feed}) => feed.error(position)))
    this.moveCursors(label, !player.playing)
  }
}
