// The part of the movie that is played again and again: first and last position, both inside.

class Loop {
  constructor(model) { this.model = model }

  get range() { return this.model.loop?.length === 2 ? this.model.loop : null }

  has(position) {
    const {range} = this
    return range !== null && position >= range[0] && position <= range[1]
  }

  set(first, last, count) {
    const inside = (one) => Math.max(0, Math.min(count - 1, Math.round(one)))
    const [from, to] = [inside(Math.min(first, last)), inside(Math.max(first, last))]
    this.model.loop = count > 1 && to > from ? [from, to] : []
  }

  // Begin or end here; the other end stays where it is when that makes sense.
  begin(position, count) {
    const {range} = this
    this.set(position, range && range[1] > position ? range[1] : count - 1, count)
  }

  end(position, count) {
    const {range} = this
    this.set(range && range[0] < position ? range[0] : 0, position, count)
  }

  clear() { this.model.loop = [] }

  // Last position that is played from here, and where it goes on after it (null: it stops).
  after(position, count) {
    return this.has(position) ? [this.range[1], this.range[0]] : [count - 1, null]
  }
}
