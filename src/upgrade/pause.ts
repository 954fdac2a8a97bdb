/** Thrown through a run by the operator's wish to stop at the next safe place. */
export class PauseRequest extends Error {}

/** Aborted with a `PauseRequest` once the operator asks to stop. */
export function createPauseSignal(asked: AbortSignal): AbortSignal {
  const paused = new AbortController();
  const stop = () => paused.abort(new PauseRequest('The operator asked to stop'));
  if (asked.aborted) stop();
  else asked.addEventListener('abort', stop, { once: true });
  return paused.signal;
}
