// One clock, any number of panels: asks for frames ahead of time, paints them when they are due, tells Python now and then.

const IN_FLIGHT = 3, AROUND = 6

class Player {
  constructor(model) {
    this.model = model
    this.transport = new Transport(model)
    this.panels = []
    this.clock = new Clock()
    this.position = 0
    this.counters = {painted: 0, stalls: 0, requests: 0}
    this.readout = new Readout(this)
    this.reports = new Reports(this)
    this.asked = false
    this.begun = false
    this.controls = new Controls({
      command: (name) => this.command(name),
      seek: (position, settled) => this.seek(position, settled),
      frame: (label) => this.seek(this.positionOf(label)),
      fps: (fps) => this.setFps(fps),
    })
    this.onVisible = () => this.visible()
    this.onLeave = () => this.remove()
    document.addEventListener('visibilitychange', this.onVisible)
    window.addEventListener('pagehide', this.onLeave)
    this.keeper = setInterval(() => this.tend(), 500)
  }

  get playing() { return this.clock.running }
  get count() { return this.model.n_frames }
  get fps() { return Math.max(1, this.model.fps || 1) }

  // ---- what Python says

  setPanels() {
    const specs = this.specs = this.model.panels
    while (this.panels.length > specs.length) this.panels.pop().drop()
    specs.forEach((spec, number) => {
      this.panels[number] ??= new Panel(this.transport, () => this.readout.pointed(), () => this.rearrange())
      this.panels[number].aim(spec)
    })
    this.pump()
    this.schedule()
  }

  setLength() {
    this.length = this.count
    this.controls.setLength(this.count, this.label(Math.max(0, this.count - 1)))
    if (this.position >= this.count) this.seek(this.count - 1)
    this.show()
  }

  setFps(fps) {
    if (!(fps > 0)) return this.show()
    if (this.model.fps !== fps) this.model.fps = Math.min(240, fps)
    this.controls.fps.value = this.model.fps
    this.clock.step = 1
    if (this.playing) this.clock.start(this.position)
    this.schedule()
  }

  command(name) {
    const actions = {
      play_pause: () => this.playing ? this.pause() : this.play(),
      play: () => this.play(), pause: () => this.pause(),
      step_forward: () => this.stepBy(1), step_back: () => this.stepBy(-1),
      jump_forward: () => this.stepBy(10), jump_back: () => this.stepBy(-10),
      first_frame: () => this.seek(0), last_frame: () => this.seek(this.count - 1),
    }
    actions[name]?.()
  }

  // ---- play, pause, seek

  play() {
    if (this.playing || this.count < 2) return
    if (this.position >= this.count - 1) this.position = 0
    this.clock.start(this.position)
    this.reports.restart()
    this.controls.setPlaying(true)
    this.model.playing = true
    this.pump()
    this.schedule()
  }

  pause() {
    if (!this.playing) return
    this.clock.stop()
    this.controls.setPlaying(false)
    for (const {feed} of this.panels) feed.abortOutside((position) => position === this.position)
    this.model.playing = false
    this.reports.tell(true)
    this.show()
    this.readout.pointed()
  }

  stepBy(frames) {
    this.pause()
    this.seek(this.position + frames)
  }

  seek(position, settled = true) {
    if (!Number.isFinite(position)) return this.show()
    this.position = Math.max(0, Math.min(this.count - 1, Math.round(position)))
    if (this.playing) this.clock.start(this.position)
    const last = this.position + (this.playing ? this.ahead() * this.clock.step : 0)
    for (const panel of this.panels) {
      panel.stale = true
      panel.feed.abortOutside((one) => one >= this.position && one <= last)
    }
    this.show()
    this.pump()
    this.schedule()
    this.reports.tell(settled)
  }

  visible() {
    if (!this.playing) return
    if (document.hidden) this.asleep = true
    else {
      this.asleep = false
      this.clock.start(this.position)
      this.pump()
      this.schedule()
    }
  }

  // ---- frames ahead of time

  ahead() {
    const room = Math.min(...this.panels.filter(({feed}) => feed.active).map(({feed}) => feed.room), 1e9)
    return Math.min(room, Math.max(12, Math.ceil(AHEAD_SECONDS * this.fps / this.clock.step)))
  }

  pump() {
    if (this.asleep || this.count < 1) return
    for (let guard = 0; guard < 8; guard++) {
      const flying = this.panels.reduce((total, {feed}) => total + feed.requests.size, 0)
      if (flying >= IN_FLIGHT) return
      const next = this.panels.map((panel) => this.wish(panel)).filter(Boolean).sort((a, b) => a.distance - b.distance)[0]
      if (!next) return
      this.counters.requests++
      next.feed.load(next.positions, next.step).then(() => this.arrived())
    }
  }

  // The next frames that this panel wants.
  wish({feed}) {
    if (!feed.active) return null
    const now = performance.now(), step = this.playing ? this.clock.step : 1
    const first = this.playing ? this.due() : this.position
    if (feed.missing(this.position, now) && !this.playing) return {feed, positions: [this.position], step: 1, distance: -1}
    if (feed.pending.has(this.position) && !this.playing) return null
    const [from, to] = this.playing ? [first, first + this.ahead() * step] : [first - AROUND, first + AROUND + 1]
    const positions = []
    for (let one = from; one < Math.min(to, this.count) && positions.length < feed.batch(); one += step) {
      if (one >= 0 && feed.missing(one, now)) positions.push(one)
      else if (positions.length) break
    }
    return positions.length ? {feed, positions, step, distance: positions[0] - first} : null
  }

  due() {
    const due = this.clock.due(performance.now(), this.fps)
    return Math.max(this.position, Math.min(due, this.count - 1))
  }

  arrived() {
    for (const panel of this.panels) panel.learn()
    this.pump()
    this.schedule()
  }

  // ---- painting

  schedule() {
    if (this.asked || this.gone) return
    this.asked = true
    requestAnimationFrame((now) => {
      this.asked = false
      if (this.gone) return
      if (this.playing && !this.asleep) this.advance(now)
      this.paint()
      if (this.playing && !this.asleep) this.schedule()
    })
  }

  ready(position) { return this.panels.every(({feed}) => feed.settled(position)) }

  advance(now) {
    const {clock} = this
    if (clock.since === null) {
      const enough = Math.min(this.count - 1, clock.origin + Math.min(this.ahead(), Math.ceil(this.fps / 8)) * clock.step)
      if (this.ready(clock.origin) && this.ready(enough - (enough - clock.origin) % clock.step)) clock.begin(now)
      else return this.pump()
    }
    const due = Math.min(clock.due(now, this.fps), this.count - 1)
    let next = due
    while (next > this.position && !this.ready(next)) next -= next === this.count - 1 && (next - clock.origin) % clock.step ? (next - clock.origin) % clock.step : clock.step
    if (next > this.position) this.position = next
    else if (due > this.position && (due - this.position) * 1000 / this.fps > LATE_MS + 1000 * clock.step / this.fps) {
      this.counters.stalls++
      clock.stall(this.position, now)
    }
    if (this.position >= this.count - 1) return this.pause()
    if (this.ready(Math.min(this.count - 1, this.position + clock.step * Math.floor(this.ahead() / 2)))) clock.relax(this.position, now)
    this.pump()
  }

  paint() {
    let fresh = false
    for (const panel of this.panels) fresh = panel.paint(this.position) || fresh
    if (fresh) {
      if (!this.begun) this.begun = this.model.ready = true
      this.counters.painted++
      this.reports.painted()
    }
    this.show()
    this.reports.tell(false)
  }

  rearrange() {
    if (this.placing || this.gone) return
    this.placing = true
    requestAnimationFrame(() => {
      this.placing = false
      for (const {screen} of this.panels) screen.place()
    })
  }

  // ---- read-outs

  label(position) {
    const labels = this.model.labels
    return labels?.length ? Number(labels[position]) : this.model.first_label + position * this.model.label_step
  }

  positionOf(label) {
    const labels = this.model.labels
    if (!labels?.length) return Math.round((label - this.model.first_label) / this.model.label_step)
    let nearest = 0
    labels.forEach((one, position) => { if (Math.abs(one - label) < Math.abs(labels[nearest] - label)) nearest = position })
    return nearest
  }

  show() {
    const label = this.count ? this.label(this.position) : 0, rate = this.model.frame_rate
    this.controls.setPosition(this.position, label, rate > 0 ? label / rate : null)
    const every = this.clock.step > 1 ? `, every ${this.clock.step}. frame` : ''
    this.controls.setText('painted', this.playing ? `${this.reports.paintedFps().toFixed(0)} painted/s${every}` : '')
    this.controls.setText('status', this.statusText())
    this.controls.status.classList.toggle('failed', this.panels.some(({feed}) => feed.error(this.position)))
    this.reports.moveCursors(label, !this.playing)
  }

  statusText() {
    for (const {feed} of this.panels) {
      const failure = feed.failed.get(this.position)
      if (failure && !feed.has(this.position)) return failure.lasting ? failure.text : `${failure.text}. Trying again.`
    }
    if (this.panels.some(({feed}) => feed.active && !feed.has(this.position))) return 'Loading'
    return this.playing && this.clock.since === null ? 'Buffering' : ''
  }

  // ---- housekeeping

  // Twice a second: figures that were built anew, failed requests that are due, a last word to Python.
  // A view that Panel builds anew while the page is laid out loses its watchers: look again at what Python says.
  listen() {
    if (this.length !== this.count) this.setLength()
    if (this.specs !== this.model.panels) this.setPanels()
    this.follow()
  }

  follow() {
    const [position, number] = this.model.target
    if (this.followed === number) return
    this.followed = number
    this.seek(position)
  }

  tend() {
    this.listen()
    for (const panel of this.panels) panel.check()
    if (!this.playing) this.reports.tell(false)
    this.pump()
    if (!this.playing) this.schedule()
  }

  remove() {
    this.gone = true
    clearInterval(this.keeper)
    this.readout.stop()
    document.removeEventListener('visibilitychange', this.onVisible)
    window.removeEventListener('pagehide', this.onLeave)
    for (const panel of this.panels.splice(0)) panel.drop()
    window.minianPlayers = (window.minianPlayers ?? []).filter((one) => one !== this)
  }
}

export function render({model}) {
  const player = new Player(model)
  window.minianPlayers = [...window.minianPlayers ?? [], player]
  model.on('panels', () => player.setPanels())
  for (const name of ['n_frames', 'labels', 'first_label', 'label_step', 'frame_rate']) model.on(name, () => player.setLength())
  for (const name of ['cursor_ids', 'cursor_scale']) model.on(name, () => player.show())
  model.on('fps', () => player.setFps(model.fps))
  model.on('target', () => player.follow())
  model.on('msg:custom', (message) => { if (message.command) player.command(message.command) })
  model.on('remove', () => player.remove())
  player.position = Math.max(0, Math.min(model.n_frames - 1, model.target[0]))
  player.followed = model.target[1]
  player.setLength()
  player.setFps(model.fps)
  player.setPanels()
  return player.controls.root
}
