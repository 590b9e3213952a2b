// Which frames are fetched before they are due.

const IN_FLIGHT = 3, AROUND = 6

class Ahead {
  constructor(player) { this.player = player }

  // Frames that are kept ahead of the clock.
  get length() {
    const {panels, fps, clock} = this.player
    const room = Math.min(...panels.filter(({feed}) => feed.active).map(({feed}) => feed.room), 1e9)
    return Math.min(room, Math.max(12, Math.ceil(AHEAD_SECONDS * fps / clock.step)))
  }

  // Position that is shown `steps` steps after `from`, in a loop or not; null after the end.
  after(from, steps) {
    const {clock, loop, count} = this.player
    const [last, again] = loop.after(from, count), position = from + steps * clock.step
    if (position <= last) return position
    if (again === null) return null
    const left = Math.floor((last - from) / clock.step) + 1
    const round = Math.floor((last - again) / clock.step) + 1
    return again + (steps - left) % round * clock.step
  }

  wanted(position) {
    const {player} = this
    if (!player.playing) return position === player.position
    const [last, again] = player.loop.after(player.position, player.count), reach = this.length * player.clock.step
    if (position >= player.position && position <= Math.min(last, player.position + reach)) return true
    return again !== null && position >= again && position < again + reach - (last - player.position)
  }

  pump() {
    const {player} = this
    if (player.asleep || player.count < 1) return
    for (let guard = 0; guard < 8; guard++) {
      const flying = player.panels.reduce((total, {feed}) => total + feed.requests.size, 0)
      if (flying >= IN_FLIGHT) return
      const next = player.panels.map((panel) => this.wish(panel)).filter(Boolean).sort((a, b) => a.distance - b.distance)[0]
      if (!next) return
      player.counters.requests++
      next.feed.load(next.positions, next.step).then(() => player.arrived())
    }
  }

  // The next frames that this panel wants.
  wish({feed}) {
    if (!feed.active) return null
    const now = performance.now(), {player} = this
    return player.playing ? this.running(feed, now) : this.standing(feed, now)
  }

  standing(feed, now) {
    const {position, count} = this.player
    if (feed.missing(position, now)) return {feed, positions: [position], step: 1, distance: -1}
    if (feed.pending.has(position)) return null
    const order = []
    for (let one = Math.max(0, position - AROUND); one < Math.min(position + AROUND + 1, count); one++) order.push(one)
    return this.run(feed, order, 1, now)
  }

  running(feed, now) {
    const {clock} = this.player, first = this.player.due(), order = []
    for (let steps = 0; steps < this.length; steps++) {
      const position = this.after(first, steps)
      if (position === null) break
      order.push(position)
    }
    return this.run(feed, order, clock.step, now)
  }

  // The first frames in this order that are missing and follow each other at this step.
  run(feed, order, step, now) {
    const positions = []
    let distance = 0
    for (const [number, one] of order.entries()) {
      const follows = !positions.length || one === positions.at(-1) + step
      if (follows && positions.length < feed.batch() && feed.missing(one, now)) {
        if (!positions.length) distance = number
        positions.push(one)
      } else if (positions.length) break
    }
    return positions.length ? {feed, positions, step, distance} : null
  }
}
