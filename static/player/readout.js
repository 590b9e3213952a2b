// The value under the pointer.

const EXACT_AFTER_MS = 120

function round(value) {
  return Number.isInteger(value) ? String(value) : Number.isFinite(value) ? String(Number(value.toPrecision(5))) : 'no value'
}

class Readout {
  constructor(player) { this.player = player }

  // Value under the pointer: the stored one when the movie stands still, the painted one while it moves.
  pointed() {
    clearTimeout(this.timer)
    const panel = this.player.panels.find(({screen, painted}) => screen.hover && painted !== null)
    const frame = panel?.feed.frames.get(panel.painted)
    const pixel = frame && panel.screen.pixel(frame.height, frame.width)
    if (!pixel) return this.player.controls.setText('readout', '')
    const place = `${panel.screen.spec.label ? `${panel.screen.spec.label}, ` : ''}width ${round(pixel.x)}, height ${round(pixel.y)}`
    const exact = panel.exact
    if (!this.player.playing && exact?.position === panel.painted) {
      const at = panel.screen.pixel(exact.height, exact.width)
      return this.player.controls.setText('readout', `${place}: ${round(exact.values[at.row * exact.width + at.column])}`)
    }
    const {low, high} = panel.feed.range, level = frame.levels[pixel.row * frame.width + pixel.column]
    this.player.controls.setText('readout', `${place}: ${panel.feed.stored === 'uint8' ? '' : '≈ '}${round(low + level * (high - low) / 255)}`)
    if (!this.player.playing && panel.painted === this.player.position) this.timer = setTimeout(() => this.fetchExact(panel), EXACT_AFTER_MS)
  }

  async fetchExact(panel) {
    const position = panel.painted, {name} = panel.feed, wish = `${name} ${position}`
    if (panel.exactWish === wish) return
    panel.abort?.abort()
    panel.abort = new AbortController()
    panel.exactWish = wish
    try {
      const found = await panel.feed.exact(position, panel.abort.signal)
      if (panel.feed.name === name) panel.exact = {...found, position}
      if (panel.painted === position) this.pointed()
    } catch (error) {
      if (error.name !== 'AbortError') this.player.controls.setText('readout', error.message)
    } finally {
      if (panel.exactWish === wish) panel.exactWish = ''
    }
  }

  stop() { clearTimeout(this.timer) }
}
