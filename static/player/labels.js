// Frame coordinates and times of positions.

class Labels {
  constructor(model) { this.model = model }

  of(position) {
    const {labels, first_label, label_step} = this.model
    return labels?.length ? Number(labels[position]) : first_label + position * label_step
  }

  position(label) {
    const {labels, first_label, label_step} = this.model
    if (!labels?.length) return Math.round((label - first_label) / label_step)
    let nearest = 0
    labels.forEach((one, position) => { if (Math.abs(one - label) < Math.abs(labels[nearest] - label)) nearest = position })
    return nearest
  }

  // Seconds since the recording began; null when nobody has said how fast it was recorded.
  seconds(position) {
    const rate = this.model.frame_rate
    return rate > 0 ? this.of(position) / rate : null
  }

  // Position at a time such as `83.5`, `1:23.5` or `1:02:03`; NaN for anything else.
  at(text) {
    const parts = text.trim().split(':')
    if (!parts.length || parts.length > 3 || parts.some((one) => !/^\d+(\.\d*)?$/.test(one.trim()))) return NaN
    const seconds = parts.reduce((total, one) => 60 * total + Number(one), 0)
    return this.position(seconds * this.model.frame_rate)
  }

  clock(position) {
    const seconds = this.seconds(position)
    if (seconds === null) return ''
    const minutes = Math.floor(seconds / 60)
    return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, '0')}`
  }
}
