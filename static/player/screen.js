// Paints frames on a canvas of its own that lies under a transparent Bokeh figure.
// Outlines, boxes and axes are Bokeh's and are not drawn again for each frame.

class Screen {
  constructor(onMove, onChange) {
    this.canvas = document.createElement('canvas')
    this.canvas.className = 'minian-frame'
    this.canvas.style.cssText = 'position:absolute;left:0;top:0;transform-origin:0 0;image-rendering:pixelated;visibility:hidden'
    this.window = document.createElement('div')
    this.window.append(this.canvas)
    this.table = new Uint32Array(256)
    this.onMove = onMove
    this.onChange = onChange
    this.view = null
    this.unbind = []
    this.hover = null
  }

  aim(spec) {
    const other = spec.figure !== this.spec?.figure
    this.spec = spec
    if (other) this.detach()
  }

  attach() {
    if (this.view && this.canvas.isConnected && !this.view.is_destroyed) return true
    this.detach()
    const view = window.Bokeh?.index?.find_one_by_id(this.spec.figure)
    const layer = view?.canvas_view?.underlays_el
    if (!layer || !view.frame?.bbox?.width) return false
    layer.append(this.window)
    this.view = view
    this.bind(view)
    return true
  }

  bind(view) {
    const {x_range, y_range} = view.model
    for (const signal of [x_range.change, y_range.change]) {
      signal.connect(this.onChange)
      this.unbind.push(() => signal.disconnect(this.onChange))
    }
    const surface = view.canvas_view.events_el
    const move = (event) => this.pointed(event), leave = () => this.pointed(null)
    surface.addEventListener('pointermove', move)
    surface.addEventListener('pointerleave', leave)
    const watcher = new ResizeObserver(() => this.onChange())
    watcher.observe(view.canvas_view.el)
    this.unbind.push(() => surface.removeEventListener('pointermove', move),
      () => surface.removeEventListener('pointerleave', leave), () => watcher.disconnect())
  }

  detach() {
    for (const undo of this.unbind.splice(0)) undo()
    this.window.remove()
    this.placed = ''
    this.view = null
  }

  pointed(event) {
    if (!event) this.hover = null
    else {
      const box = this.view.canvas_view.events_el.getBoundingClientRect()
      const x = this.view.frame.x_scale.invert(event.clientX - box.left)
      const y = this.view.frame.y_scale.invert(event.clientY - box.top)
      this.hover = {x, y}
    }
    this.onMove(this)
  }

  // Row, column and coordinates of the pixel under the pointer, null outside the frame.
  pixel(height, width) {
    if (!this.hover) return null
    const [left, right, top, bottom] = this.spec.bounds
    const across = (this.hover.x - left) / (right - left), down = (this.hover.y - top) / (bottom - top)
    if (!(across >= 0 && across < 1 && down >= 0 && down < 1)) return null
    const row = Math.floor(down * height), column = Math.floor(across * width)
    return {row, column, x: left + (column + 0.5) * (right - left) / width, y: top + (row + 0.5) * (bottom - top) / height}
  }

  // Rows and columns of the frame that are visible: top, bottom, left, right, half open.
  visible(height, width) {
    const [left, right, top, bottom] = this.spec.bounds, {x_range: x, y_range: y} = this.view?.model ?? {}
    if (!x) return [0, height, 0, width]
    const inside = (value, from, to, size) => Math.max(0, Math.min(size, Math.round((value - from) / (to - from) * size)))
    const columns = [inside(x.start, left, right, width), inside(x.end, left, right, width)].sort((a, b) => a - b)
    const rows = [inside(y.start, top, bottom, height), inside(y.end, top, bottom, height)].sort((a, b) => a - b)
    return [...rows, ...columns]
  }

  colour(range) {
    const {colormap, low, high} = this.spec
    const bottom = low ?? range.low, top = high ?? range.high
    const step = (range.high - range.low) / 255, scale = 256 / Math.max(top - bottom, 1e-12)
    for (let level = 0; level < 256; level++) {
      const place = Math.floor((range.low + level * step - bottom) * scale)
      this.table[level] = colormap[Math.max(0, Math.min(255, place))]
    }
  }

  paint(frame, range) {
    const {levels, height, width} = frame
    if (this.canvas.width !== width || this.canvas.height !== height || !this.pixels) {
      this.canvas.width = width
      this.canvas.height = height
      this.context = this.canvas.getContext('2d', {alpha: false})
      this.pixels = this.context.createImageData(width, height)
      this.words = new Uint32Array(this.pixels.data.buffer)
    }
    this.colour(range)
    const {words, table} = this
    for (let i = 0, size = levels.length; i < size; i++) words[i] = table[levels[i]]
    this.context.putImageData(this.pixels, 0, 0)
    this.canvas.style.visibility = 'visible'
    return this.place()
  }

  clear() { this.canvas.style.visibility = 'hidden' }

  // Put the canvas where the figure's axes say; the browser scales it. True when the figure is there.
  place() {
    if (!this.attach()) return false
    const {bbox, x_scale, y_scale} = this.view.frame, {left, top, width, height} = bbox
    const [x0, x1, y0, y1] = this.spec.bounds
    const across = (x_scale.compute(x1) - x_scale.compute(x0)) / this.canvas.width
    const down = (y_scale.compute(y1) - y_scale.compute(y0)) / this.canvas.height
    const window = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`
    if (this.placed !== window) this.window.style.cssText = `position:absolute;overflow:hidden;${this.placed = window}`
    const transform = `matrix(${across},0,0,${down},${x_scale.compute(x0) - left},${y_scale.compute(y0) - top})`
    if (this.canvas.style.transform !== transform) this.canvas.style.transform = transform
    return true
  }
}
