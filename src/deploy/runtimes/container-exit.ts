import { constants } from 'node:os';

/** As the engine says it, and as the init of a container does. */
const NO_PROGRAM = /executable file not found|OCI runtime create failed|\bexec .* failed: No such file/;

/** Whether what `docker run` said on standard error means that the image has no such program. */
export function saysNoProgram(said: string): boolean {
  return NO_PROGRAM.test(said);
}

/** How a container's process ended, by how `docker run` did: of a signal it says what a shell does, 128 and its number. */
export function unwrapContainerEnd<End extends { readonly code: number | null; readonly signal: string | null }>(
  end: End,
): End {
  const { code } = end;
  const [signal] = Object.entries(constants.signals).find(([, number]) => code === 128 + number) ?? [];
  return signal === undefined ? end : { ...end, code: null, signal };
}
