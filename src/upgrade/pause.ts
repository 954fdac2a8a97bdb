/** Thrown through a run by the operator's wish to stop at the next safe place. */
export class PauseRequest extends Error {}
