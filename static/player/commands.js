// What buttons and keys do, by the names that Python knows too.

const COMMANDS = {
  play_pause: (player) => player.playing ? player.pause() : player.play(),
  play: (player) => player.play(),
  pause: (player) => player.pause(),
  step_forward: (player) => player.stepBy(1),
  step_back: (player) => player.stepBy(-1),
  jump_forward: (player) => player.stepBy(10),
  jump_back: (player) => player.stepBy(-10),
  leap_forward: (player) => player.stepBy(100),
  leap_back: (player) => player.stepBy(-100),
  first_frame: (player) => player.seek(0),
  last_frame: (player) => player.seek(player.count - 1),
  loop_start: (player) => player.setLoop('begin'),
  loop_end: (player) => player.setLoop('end'),
  loop_clear: (player) => player.setLoop('clear'),
}
