// One panel of the player: the frames that it has, the screen that shows them, what Python said of both.

class Panel {
  constructor(transport, onPoint, onChange) {
    this.feed = new Feed(transport)
    this.screen = new Screen(onPoint, onChange)
    this.painted = null
    this.stale = true
    this.whole = null
    this.exact = null
  }

  drop() {
    this.feed.aim(null)
    this.screen.detach()
  }

  aim(spec) {
    const table = new Uint32Array(spec.colormap.map((colour) => {
      const value = parseInt(colour.slice(1), 16)
      return (255 << 24 | (value & 255) << 16 | value & 0xff00 | value >> 16) >>> 0
    }))
    if (this.base !== JSON.stringify(spec.query)) {
      this.base = JSON.stringify(spec.query)
      this.whole = null
    }
    this.screen.aim({...spec, colormap: table})
    if (this.feed.aim(this.narrowed(spec))) this.exact = null
    if (!this.feed.active) {
      this.painted = null
      this.screen.clear()
    }
    this.stale = true
  }

  // When less than a quarter of the range is shown, levels of that part alone are asked for.
  narrowed({query, low, high}) {
    const {whole, feed} = this
    if (!query || !whole || feed.stored === 'uint8' || low === null || high === null) return query
    const narrow = high > low && high - low < (whole.high - whole.low) / 4
    return narrow ? {...query, low, high} : query
  }

  // The range of the whole movie is known with the first reply.
  learn() {
    if (this.whole !== null || !this.feed.range) return
    this.whole = this.feed.range
    if (this.screen.spec) this.feed.aim(this.narrowed(this.screen.spec))
  }

  // True when something else is on the screen than before.
  paint(position) {
    const {feed, screen} = this
    if (!feed.active || (this.painted === position && !this.stale)) return false
    const frame = feed.frame(position)
    if (!frame || !screen.paint(frame, feed.range)) return false
    this.painted = position
    this.stale = false
    return true
  }

  place() { this.screen.place() }

  // The figure may have been built anew.
  check() {
    if (this.screen.spec && (!this.screen.canvas.isConnected || this.screen.view?.is_destroyed)) this.stale = true
  }
}
