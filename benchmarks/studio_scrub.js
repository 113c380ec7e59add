// Run in the studio's page: scrub for four seconds, once a frame, after one second to settle.
// Gives frames a second, and the mean milliseconds of script that a frame takes, in all and for the roll.
async () => {
  const { stage, roll } = studio, frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  roll.folded.clear();
  roll.layout();
  let [all, rolling] = [0, 0];
  const [draw, playhead] = [stage.draw.bind(stage), roll.playhead.bind(roll)];
  const timed = (act, add) => (...args) => {
    const begun = performance.now();
    act(...args);
    add(performance.now() - begun);
  };
  stage.draw = timed(draw, (ms) => (all += ms));
  roll.playhead = timed(playhead, (ms) => (rolling += ms));
  let frames = 0, begun = performance.now(), counting = false;
  for (let i = 0; performance.now() - begun < (counting ? 4000 : 1000) || !counting; i++) {
    if (!counting && performance.now() - begun >= 1000) {
      counting = true;
      [all, rolling, frames, begun] = [0, 0, 0, performance.now()];
    }
    stage.seek(((i * 0.13) % 1) * stage.duration);
    await frame();
    frames++;
  }
  return [(1000 * frames) / (performance.now() - begun), all / frames, rolling / frames];
}
