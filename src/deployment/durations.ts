import { parseDuration } from '../model/index.ts';

/** A duration of the file, which the schema has accepted, or its default. */
export function milliseconds(text: string | undefined, fallbackMs: number): number {
  return text === undefined ? fallbackMs : (parseDuration(text) ?? fallbackMs);
}
