import type { MountedFile, ObservedProject } from '../compose/project.ts';

/** The configuration files that are mounted into a service, with their comments left out: those say what was, or could be. Pure. */
export function listConfigured({ configurations }: ObservedProject, service: string): readonly MountedFile[] {
  return (configurations[service] ?? []).map(({ path, text }) => ({ path, text: text.replace(COMMENT, '') }));
}

/** To the end of the line; a `#` in the middle of a word is none, as in a URL. */
const COMMENT = /(?<=^|\s)#.*$|^\s*(?:\/\/|;).*$/gm;
