// Which frame is due. The wall clock leads; when frames are not there in time, fewer are asked for, evenly spaced.

const AHEAD_SECONDS = 2, LATE_MS = 150, MOST_STEP = 16
const CALM_MS = 4000, OFTEN_MS = 10000
const MOST_PAINTED = 60  // a second; what is asked for above that is skipped evenly

class Clock {
  constructor() {
    this.least = this.step = 1
    this.running = false
    this.calm = CALM_MS
    this.stalled = -Infinity
  }

  // Frames a second from now on; as many are skipped as no screen could show.
  pace(fps) {
    this.least = this.step = Math.max(1, Math.ceil(fps / MOST_PAINTED - 0.01))
  }

  start(position) {
    this.running = true
    this.origin = position
    this.since = null
  }

  stop() { this.running = false }

  // The frame due now, on the grid of every `step`-th frame; before the first frame is there, the origin.
  due(now, fps) {
    if (this.since === null) return this.origin
    const passed = Math.floor((now - this.since) * fps / 1000 + 1e-3)
    return this.origin + passed - passed % this.step
  }

  begin(now) {
    this.since = now
    this.changed = now
  }

  // The last frame of a loop has had its time: go on at the first without losing any of it.
  wrap(last, first, fps) {
    const steps = Math.floor((last - this.origin) / this.step) + 1
    this.since += steps * this.step * 1000 / fps
    this.origin = first
  }

  // Go on from here as soon as frames are there again; when that happens often, ask for fewer of them.
  stall(position, now) {
    if (now - this.stalled < OFTEN_MS) {
      this.step = Math.min(Math.max(MOST_STEP, this.least), this.step + 1)
      this.calm = Math.min(60000, this.calm * 2)
    }
    this.stalled = now
    this.start(position)
  }

  // After a calm while with a full buffer: ask for more frames again.
  relax(position, now) {
    if (this.step <= this.least || this.since === null || now - this.changed < this.calm) return
    this.step -= 1
    this.origin = position
    this.since = now
    this.changed = now
  }
}
