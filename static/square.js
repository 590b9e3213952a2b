// Keeps pixels square: the ranges of a field of view fit the figure's frame, whatever its size.
// Bokeh's own `match_aspect` works with automatic ranges only.

const near = (a, b, size) => Math.abs(a - b) < 1e-6 * size

class Square {
  constructor({figure, bounds}) {
    this.id = figure
    ;[this.left, this.right, this.top, this.bottom] = bounds
    this.fitted = null
  }

  attach() {
    const view = window.Bokeh?.index?.find_one_by_id(this.id)
    if (!view?.canvas_view?.el || !view.frame?.bbox?.width) return false
    this.view = view
    this.watcher = new ResizeObserver(() => requestAnimationFrame(() => this.fit()))
    this.watcher.observe(view.canvas_view.el)
    this.fit()
    return true
  }

  detach() { this.watcher?.disconnect() }

  // Half extents that show all of the field of view in a frame of this size, with square pixels.
  whole(width, height) {
    const unit = Math.max((this.right - this.left) / width, (this.bottom - this.top) / height)
    return [unit * width / 2, unit * height / 2]
  }

  fit() {
    const {bbox: {width, height}} = this.view.frame
    const {x_range: x, y_range: y} = this.view.model
    if (!width || !height) return
    const [across, down] = this.whole(width, height)
    const middle = {x: (this.left + this.right) / 2, y: (this.top + this.bottom) / 2}
    const home = {x: [middle.x - across, middle.x + across], y: [middle.y + down, middle.y - down]}
    for (const [range, [start, end]] of [[x, home.x], [y, home.y]]) range.setv({reset_start: start, reset_end: end})
    if (!this.fitted || this.untouched(x, y)) this.show(x, y, home)
    else this.keep(x, y, width, height)
    this.fitted = {x: [x.start, x.end], y: [y.start, y.end]}
  }

  untouched(x, y) {
    const {x: [x0, x1], y: [y0, y1]} = this.fitted
    return near(x.start, x0, x1 - x0) && near(x.end, x1, x1 - x0) && near(y.start, y0, y0 - y1) && near(y.end, y1, y0 - y1)
  }

  // The user has zoomed: stay at the place, with square pixels.
  keep(x, y, width, height) {
    const unit = Math.max(Math.abs(x.end - x.start) / width, Math.abs(y.end - y.start) / height)
    const [cx, cy] = [(x.start + x.end) / 2, (y.start + y.end) / 2]
    this.show(x, y, {x: [cx - unit * width / 2, cx + unit * width / 2], y: [cy + unit * height / 2, cy - unit * height / 2]})
  }

  show(x, y, to) {
    x.setv({start: to.x[0], end: to.x[1]})
    y.setv({start: to.y[0], end: to.y[1]})
  }
}

export function render({ model }) {
  let squares = [], waiting = null
  const attach = () => {
    squares = squares.filter(square => !square.attach() || (attached.push(square), false))
    waiting = squares.length ? requestAnimationFrame(attach) : null
  }
  const attached = []
  const start = () => {
    stop()
    squares = model.figures.map(figure => new Square(figure))
    attach()
  }
  const stop = () => {
    cancelAnimationFrame(waiting)
    for (const square of attached.splice(0)) square.detach()
  }
  model.on('figures', start)
  model.on('remove', stop)
  start()
  return document.createElement('div')
}
