// How frames come from the server: HTTP, or messages over the page's websocket where there is no frames address.

const REPLY_TIMEOUT = 20000

class Refused extends Error {
  constructor(text, lasting) {
    super(text)
    this.lasting = lasting
  }
}

function parseReply(buffer) {
  const length = new DataView(buffer).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)))
  const types = {
    uint8: Uint8Array, int8: Int8Array, bool: Uint8Array, uint16: Uint16Array, int16: Int16Array,
    uint32: Uint32Array, int32: Int32Array, float32: Float32Array, float64: Float64Array,
  }
  const Type = types[header.dtype]
  if (!Type) throw new Refused(`The server sent values of an unknown type: ${header.dtype}`, true)
  const start = 4 + length, size = header.count * header.height * header.width
  if (buffer.byteLength - start !== size * Type.BYTES_PER_ELEMENT) throw new Refused('The server sent an incomplete reply', false)
  return {header, values: new Type(buffer, start, size)}
}

class Transport {
  constructor(model) {
    this.model = model
    this.overMessages = !model.url
    this.waiting = new Map()
    this.serial = 0
    model.on('msg:custom', (message) => this.receive(message))
  }

  async request(texts, signal) {
    if (!this.overMessages) {
      const reply = await this.fetch(texts, signal)
      if (reply) return parseReply(reply)
    }
    return parseReply(await this.ask(texts, signal))
  }

  async fetch(texts, signal) {
    const response = await fetch(`${this.model.url}?${new URLSearchParams(texts)}`, {signal, credentials: 'same-origin'})
    if (response.ok) return response.arrayBuffer()
    const text = await response.text()
    let said = null
    try { said = JSON.parse(text).error } catch { said = null }
    if (said === null && response.status === 404 && this.model.fallback) {
      this.overMessages = true
      return null
    }
    throw new Refused(said ?? `The server answered ${response.status}`, [400, 401, 404, 409].includes(response.status))
  }

  ask(texts, signal) {
    const id = ++this.serial
    return new Promise((resolve, reject) => {
      const end = (act, value) => {
        clearTimeout(timer)
        this.waiting.delete(id)
        act(value)
      }
      const timer = setTimeout(() => end(reject, new Refused('The server does not answer', false)), REPLY_TIMEOUT)
      signal.addEventListener('abort', () => end(reject, new DOMException('no longer wanted', 'AbortError')))
      this.waiting.set(id, {resolve: (value) => end(resolve, value), reject: (error) => end(reject, error)})
      this.model.send_msg({request: id, texts})
    })
  }

  receive(message) {
    const waiting = this.waiting.get(message.reply)
    if (!waiting) return
    if (message.error) return waiting.reject(new Refused(message.error, Boolean(message.lasting)))
    const bytes = message.data
    if (bytes instanceof ArrayBuffer) return waiting.resolve(bytes)
    waiting.resolve(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  }
}
