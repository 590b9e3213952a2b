// Paints frames on a canvas of its own that lies under a transparent Bokeh figure.
// Outlines, boxes and axes are Bokeh's and are not drawn again for each frame.

class Screen {
  constructor(onMove, onChange) {
    this.canvas = document.createElement('canvas')
    this.canvas.className = 'minian-frame'
    this.canvas.style.cssText = 'position:absolute;pointer-events:none'
    this.sheet = document.createElement('canvas')
    this.table = new Uint32Array(256)
    this.onMove = onMove
    this.onChange = onChange
    this.view = null
    this.unbind = []
    this.shown = null
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
    layer.append(this.canvas)
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
    this.canvas.remove()
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
    if (this.sheet.width !== width || this.sheet.height !== height) {
      this.sheet.width = width
      this.sheet.height = height
      this.pixels = null
    }
    const context = this.sheet.getContext('2d')
    this.pixels ??= context.createImageData(width, height)
    this.colour(range)
    const out = new Uint32Array(this.pixels.data.buffer), table = this.table
    for (let i = 0, size = levels.length; i < size; i++) out[i] = table[levels[i]]
    context.putImageData(this.pixels, 0, 0)
    this.shown = frame
    return this.place()
  }

  clear() {
    this.shown = null
    this.canvas.getContext('2d').clearRect(0, 0, this.canvas.width, this.canvas.height)
  }

  // Put the painted sheet where the figure's axes say; true when it could be drawn.
  place() {
    if (!this.attach()) return false
    const {frame} = this.view, {left, top, width, height} = frame.bbox, ratio = window.devicePixelRatio || 1
    const style = `position:absolute;pointer-events:none;left:${left}px;top:${top}px;width:${width}px;height:${height}px`
    if (this.canvas.style.cssText !== style && this.style !== style) this.canvas.style.cssText = this.style = style
    const wide = Math.round(width * ratio), tall = Math.round(height * ratio)
    if (this.canvas.width !== wide) this.canvas.width = wide
    if (this.canvas.height !== tall) this.canvas.height = tall
    const context = this.canvas.getContext('2d')
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, wide, tall)
    if (this.shown) this.drawSheet(context, ratio, frame)
    return true
  }

  drawSheet(context, ratio, {bbox, x_scale, y_scale}) {
    const [left, right, top, bottom] = this.spec.bounds
    const x0 = (x_scale.compute(left) - bbox.left) * ratio, x1 = (x_scale.compute(right) - bbox.left) * ratio
    const y0 = (y_scale.compute(top) - bbox.top) * ratio, y1 = (y_scale.compute(bottom) - bbox.top) * ratio
    context.imageSmoothingEnabled = false
    context.setTransform((x1 - x0) / this.sheet.width, 0, 0, (y1 - y0) / this.sheet.height, x0, y0)
    context.drawImage(this.sheet, 0, 0)
  }
}
