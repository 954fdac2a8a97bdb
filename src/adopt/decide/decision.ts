/** `told`: the files or what runs say so. `guessed`: it is likely. `unknown`: it could not be told, and somebody has to say it. */
export type Certainty = 'told' | 'guessed' | 'unknown';

/** What was decided, how sure that is, and why; the reason is a part of a sentence. */
export interface Decision<T> {
  readonly value: T;
  readonly certainty: Certainty;
  readonly because: string;
}

export function told<T>(value: T, because: string): Decision<T> {
  return { value, certainty: 'told', because };
}

export function guessed<T>(value: T, because: string): Decision<T> {
  return { value, certainty: 'guessed', because };
}

export function unknown<T>(value: T, because: string): Decision<T> {
  return { value, certainty: 'unknown', because };
}
