// Histogram of the part of the frame that is visible, while the movie runs too; dragging over it sets the limits.

const EVERY_MS = 130, HEIGHT = 64, BINS = 128, LEAST_DRAG = 3

class Histogram {
  constructor(model) {
    this.model = model
    this.root = make('div', 'histogram')
    this.canvas = make('canvas')
    this.range = make('div', 'range')
    this.root.append(this.canvas, this.range)
    this.root.title = 'Values of the visible part of the frame; drag over them to set the limits'
    this.canvas.setAttribute('role', 'img')
    this.canvas.setAttribute('aria-label', 'Histogram of the visible part of the frame')
    this.root.onpointerdown = (event) => this.begin(event)
    this.timer = setInterval(() => this.look(), EVERY_MS)
  }

  stop() { clearInterval(this.timer) }

  get player() { return (window.minianPlayers ?? []).find((one) => this.panelOf(one)) }

  panelOf(player) { return player?.panels.find(({screen}) => screen.spec?.figure === this.model.figure) }

  // Draw when another frame, another part of it or another range is shown.
  look() {
    const panel = this.panelOf(this.player), frame = panel?.feed.frames.get(panel.painted)
    if (!frame || !this.root.isConnected || document.hidden) return
    const {spec} = panel.screen, seen = panel.screen.visible(frame.height, frame.width)
    const key = JSON.stringify([panel.painted, panel.feed.name, seen, spec.low, spec.high, this.root.clientWidth, this.drag])
    if (key === this.key) return
    this.key = key
    this.whole = panel.whole ?? panel.feed.range
    this.draw(this.counts(frame, panel.feed.range, seen), spec)
  }

  counts(frame, range, [top, bottom, left, right]) {
    const levels = new Uint32Array(256), bins = new Float64Array(BINS)
    for (let row = top; row < bottom; row++) {
      const end = row * frame.width + right
      for (let at = row * frame.width + left; at < end; at++) levels[frame.levels[at]]++
    }
    const {low, high} = this.whole
    for (let level = 0; level < 256; level++) {
      const value = range.low + level * (range.high - range.low) / 255
      bins[Math.max(0, Math.min(BINS - 1, Math.floor((value - low) / (high - low) * BINS)))] += levels[level]
    }
    return bins
  }

  draw(bins, {low, high}) {
    const width = this.root.clientWidth || 240, scale = window.devicePixelRatio || 1
    this.canvas.width = width * scale
    this.canvas.height = HEIGHT * scale
    const context = this.canvas.getContext('2d'), tallest = Math.log1p(Math.max(...bins))
    context.scale(scale, scale)
    context.fillStyle = getComputedStyle(this.root).color
    for (let bin = 0; bin < BINS; bin++) {
      const tall = tallest ? Math.log1p(bins[bin]) / tallest * (HEIGHT - 2) : 0
      context.fillRect(bin * width / BINS, HEIGHT - tall, width / BINS + 0.3, tall)
    }
    const [from, to] = this.drag ?? [low ?? this.whole.low, high ?? this.whole.high].map((value) => this.part(value))
    this.range.style.left = `${100 * Math.min(from, to)}%`
    this.range.style.width = `${100 * Math.abs(to - from)}%`
  }

  part(value) { return Math.max(0, Math.min(1, (value - this.whole.low) / (this.whole.high - this.whole.low))) }

  value(part) { return this.whole.low + part * (this.whole.high - this.whole.low) }

  begin(event) {
    if (!this.whole || event.button) return
    const box = this.root.getBoundingClientRect(), start = event.clientX
    const at = (x) => Math.max(0, Math.min(1, (x - box.left) / box.width))
    event.preventDefault()
    this.root.setPointerCapture(event.pointerId)
    this.root.onpointermove = (moved) => {
      if (Math.abs(moved.clientX - start) < LEAST_DRAG && !this.drag) return
      this.drag = [at(start), at(moved.clientX)].sort((a, b) => a - b)
      this.preview()
    }
    this.root.onpointerup = this.root.onpointercancel = () => this.end()
  }

  // The colours follow the drag at once; Python hears of it at its end.
  preview() {
    const {player} = this, panel = this.panelOf(player), [low, high] = this.drag.map((part) => this.value(part))
    if (!panel || !(low < high)) return
    Object.assign(panel.screen.spec, {low, high})
    panel.stale = true
    player.schedule()
    this.look()
  }

  end() {
    this.root.onpointermove = this.root.onpointerup = this.root.onpointercancel = null
    const drag = this.drag
    this.drag = null
    if (drag && drag[0] < drag[1]) this.model.send_msg({low: this.value(drag[0]), high: this.value(drag[1])})
  }
}
