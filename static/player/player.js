// One clock, any number of panels: asks for frames ahead of time, paints them when they are due, tells Python now and then.

class Player {
  constructor(model) {
    this.model = model
    this.transport = new Transport(model)
    this.panels = []
    this.clock = new Clock()
    this.loop = new Loop(model)
    this.labels = new Labels(model)
    this.ahead = new Ahead(this)
    this.position = 0
    this.counters = {painted: 0, stalls: 0, requests: 0}
    this.readout = new Readout(this)
    this.reports = new Reports(this)
    this.asked = false
    this.begun = false
    this.controls = new Controls(this)
    this.onVisible = () => this.visible()
    this.onLeave = () => this.remove()
    document.addEventListener('visibilitychange', this.onVisible)
    window.addEventListener('pagehide', this.onLeave)
    this.keeper = setInterval(() => this.tend(), 500)
  }

  get playing() { return this.clock.running }
  get count() { return this.model.n_frames }
  get fps() { return Math.max(0.25, (this.model.fps || 1) * (this.model.speed || 1)) }

  // ---- what Python says

  setPanels() {
    const specs = this.specs = this.model.panels
    while (this.panels.length > specs.length) this.panels.pop().drop()
    specs.forEach((spec, number) => {
      this.panels[number] ??= new Panel(this.transport, () => this.readout.pointed(), () => this.rearrange())
      this.panels[number].aim(spec)
    })
    this.ahead.pump()
    this.schedule()
  }

  setLength() {
    this.length = this.count
    this.controls.setLength(this.count, this.labels.of(Math.max(0, this.count - 1)))
    if (this.loop.range && this.loop.range[1] >= this.count) this.loop.clear()
    if (this.position >= this.count) this.seek(this.count - 1)
    this.show()
  }

  // Frames a second, and how much faster than that.
  setPace(fps = this.model.fps, speed = this.model.speed) {
    if (fps > 0 && this.model.fps !== fps) this.model.fps = Math.min(240, fps)
    if (speed > 0 && this.model.speed !== speed) this.model.speed = Math.max(0.25, Math.min(4, speed))
    this.controls.setPace(this.model.fps, this.model.speed)
    this.clock.pace(this.fps)
    if (this.playing) this.clock.start(this.position)
    this.schedule()
  }

  loopChanged() {
    if (this.playing) this.clock.start(this.position)
    this.controls.setLoop(this.loop.range, this.count)
    this.ahead.pump()
    this.schedule()
  }

  command(name) { COMMANDS[name]?.(this) }

  setLoop(what) {
    this.loop[what](this.position, this.count)
    this.loopChanged()
  }

  // ---- play, pause, seek

  play() {
    if (this.playing || this.count < 2) return
    const {range} = this.loop
    if (range && !this.loop.has(this.position)) this.position = range[0]
    else if (this.position >= this.count - 1) this.position = range ? range[0] : 0
    this.clock.start(this.position)
    this.reports.restart()
    this.controls.setPlaying(true)
    this.model.playing = true
    this.ahead.pump()
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
    for (const panel of this.panels) {
      panel.stale = true
      panel.feed.abortOutside((one) => this.ahead.wanted(one))
    }
    this.show()
    this.ahead.pump()
    this.schedule()
    this.reports.tell(settled)
  }

  visible() {
    if (!this.playing) return
    if (document.hidden) this.asleep = true
    else {
      this.asleep = false
      this.clock.start(this.position)
      this.ahead.pump()
      this.schedule()
    }
  }

  due() {
    const due = this.clock.due(performance.now(), this.fps), [last] = this.loop.after(this.position, this.count)
    return Math.max(this.position, Math.min(due, last))
  }

  arrived() {
    for (const panel of this.panels) panel.learn()
    this.ahead.pump()
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

  ready(position) { return position === null || this.panels.every(({feed}) => feed.settled(position)) }

  advance(now) {
    const {clock} = this
    if (clock.since === null) {
      const enough = this.ahead.after(clock.origin, Math.min(this.ahead.length, Math.ceil(this.fps / 8)))
      if (this.ready(clock.origin) && this.ready(enough)) clock.begin(now)
      else return this.ahead.pump()
    }
    const [last, again] = this.loop.after(this.position, this.count), due = clock.due(now, this.fps)
    if (due > last && again !== null) return this.wrap(last, again, now)
    this.followClock(Math.min(due, last), now)
    if (this.position >= this.count - 1 && again === null) return this.pause()
    if (this.ready(this.ahead.after(this.position, Math.floor(this.ahead.length / 2)))) clock.relax(this.position, now)
    this.ahead.pump()
  }

  // On to the frame that is due, or the latest before it that is here; much too late: wait for it.
  followClock(due, now) {
    const {clock} = this
    let next = due
    while (next > this.position && !this.ready(next)) next -= (next - clock.origin) % clock.step || clock.step
    if (next > this.position) this.position = next
    else if (due > this.position && (due - this.position) * 1000 / this.fps > LATE_MS + 1000 * clock.step / this.fps) {
      this.counters.stalls++
      clock.stall(this.position, now)
    }
  }

  wrap(last, again, now) {
    this.clock.wrap(last, again, this.fps)
    this.position = again
    if (!this.ready(again) || this.clock.due(now, this.fps) > last) this.clock.start(again)
    this.ahead.pump()
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
      for (const panel of this.panels) panel.place()
    })
  }

  show() { this.reports.show() }

  // ---- housekeeping

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

  // Twice a second: figures that were built anew, failed requests that are due, a last word to Python.
  tend() {
    this.listen()
    for (const panel of this.panels) panel.check()
    if (!this.playing) this.reports.tell(false)
    this.ahead.pump()
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
