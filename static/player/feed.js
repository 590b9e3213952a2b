// Frames of one panel: what is kept, what is on its way, what failed.

const KEPT_BYTES = 96 * 2 ** 20
const RETRY_FIRST = 1000, RETRY_MOST = 15000

class Feed {
  constructor(transport) {
    this.transport = transport
    this.query = null
    this.name = ''
    this.reset()
  }

  reset() {
    for (const request of this.requests ?? []) request.abort.abort()
    this.frames = new Map()
    this.pending = new Map()
    this.failed = new Map()
    this.requests = new Set()
    this.range = null
    this.stored = ''
    this.frameBytes = 0
    this.tries = 0
    this.bytes = 0
  }

  // True when another movie (or range) than before is meant from now on.
  aim(query) {
    const name = query ? JSON.stringify(query) : ''
    if (name === this.name) return false
    this.name = name
    this.query = query
    this.reset()
    return true
  }

  get active() { return this.query !== null }

  frame(position) {
    const found = this.frames.get(position)
    if (found) {
      this.frames.delete(position)
      this.frames.set(position, found)
    }
    return found
  }

  has(position) { return this.frames.has(position) }

  error(position, now = performance.now()) {
    const failure = this.failed.get(position)
    return failure && (failure.lasting || failure.until > now) ? failure : null
  }

  // Nothing to wait for: there is no movie, the frame is here, or the server says that it cannot be had.
  settled(position) { return !this.active || this.has(position) || this.error(position)?.answered === true }

  missing(position, now) { return !this.has(position) && !this.pending.has(position) && !this.error(position, now) }

  // Most frames that may be kept ahead of the clock.
  get room() { return this.frameBytes ? Math.max(8, Math.floor(0.6 * KEPT_BYTES / this.frameBytes)) : 16 }

  batch(most = 48) { return this.frameBytes ? Math.max(2, Math.min(most, Math.round(4e6 / this.frameBytes))) : 1 }

  abortOutside(wanted) {
    for (const request of this.requests) if (!request.positions.some(wanted)) request.abort.abort()
  }

  async load(positions, step) {
    const request = {positions, abort: new AbortController()}
    this.requests.add(request)
    for (const position of positions) this.pending.set(position, request)
    try {
      const reply = await this.transport.request(this.texts(positions, step), request.abort.signal)
      if (this.requests.has(request)) this.keep(reply)
    } catch (error) {
      if (this.requests.has(request) && error.name !== 'AbortError') this.fail(positions, error)
    } finally {
      this.requests.delete(request)
      for (const position of positions) if (this.pending.get(position) === request) this.pending.delete(position)
    }
  }

  texts(positions, step) {
    const range = this.range ? {low: this.range.low, high: this.range.high} : {}
    return {...this.query, ...range, start: positions[0], stop: positions.at(-1) + 1, step}
  }

  keep({header, values}) {
    const size = header.height * header.width
    this.range = {low: header.low, high: header.high}
    this.stored = header.stored
    this.frameBytes = size
    this.tries = 0
    header.positions.forEach((position, number) => {
      const levels = values.subarray(number * size, (number + 1) * size)
      if (!this.frames.has(position)) this.bytes += size
      this.frames.set(position, {levels, height: header.height, width: header.width})
      this.failed.delete(position)
    })
    for (const position of this.frames.keys()) {
      if (this.bytes <= KEPT_BYTES) break
      this.frames.delete(position)
      this.bytes -= size
    }
  }

  fail(positions, error) {
    const lasting = Boolean(error.lasting), answered = error instanceof Refused
    const text = answered ? error.message : 'The server cannot be reached'
    const until = performance.now() + Math.min(RETRY_MOST, RETRY_FIRST * 2 ** this.tries++)
    for (const position of positions) this.failed.set(position, {text, lasting, answered, until})
  }

  async exact(position, signal) {
    const reply = await this.transport.request({...this.query, start: position, stop: position + 1, exact: 1}, signal)
    return {values: reply.values, height: reply.header.height, width: reply.header.width}
  }
}
