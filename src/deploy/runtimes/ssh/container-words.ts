import { isAbsolute } from 'node:path';
import { unusableSpec } from '../errors.ts';
import type { InstanceSpec } from '../runtime.ts';

/** Whether an artifact, as `locate` gives it, is an image by digest. A folder's path is absolute. */
export function isImage(artifact: string): boolean {
  return !isAbsolute(artifact);
}

/**
 * What follows the options that every `docker run` has: variables by their names alone, as docker takes their values from its own environment,
 * the image, and the command, of which there may be none. Throws `runtime.unusable-spec` for variables that docker itself would heed.
 */
export function listContainerWords({
  id,
  artifact,
  command,
  environment,
}: Pick<InstanceSpec, 'id' | 'artifact' | 'command' | 'environment'>): readonly string[] {
  const names = [...new Set([...Object.keys(environment), 'PORT'])];
  const heeded = names.filter((name) => name.startsWith('DOCKER_'));
  if (heeded.length > 0) throw unusableSpec(id, `docker itself would heed ${heeded.join(', ')}`);
  return [...names.flatMap((name) => ['--env', name]), artifact, ...command];
}
