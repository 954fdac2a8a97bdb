import type { ObservedContainer } from './observed-host.ts';

/**
 * The container that a unit runs by `docker run` or `podman run`: by its name, else by the image that is among the words, where everything that
 * runs of it is the same. `undefined`: it cannot be told. Pure.
 */
export function findContainer(
  command: readonly string[],
  containers: readonly ObservedContainer[],
): ObservedContainer | undefined {
  const engine = engineOf(command);
  if (engine === undefined || !command.includes('run')) return undefined;
  const own = containers.filter((one) => one.engine === engine);
  const name = command.flatMap((word, index) => {
    if (word.startsWith('--name=')) return [word.slice('--name='.length)];
    return command[index - 1] === '--name' ? [word] : [];
  })[0];
  if (name !== undefined) return own.find((one) => one.name === name);
  const alike = own.filter(({ reference }) => command.includes(reference));
  const ids = new Set(alike.map(({ imageId }) => imageId));
  const references = new Set(alike.map(({ reference }) => reference));
  return ids.size === 1 && references.size === 1 ? alike[0] : undefined;
}

/** Docker or Podman, by the name of the program. */
export function engineOf(command: readonly string[]): 'docker' | 'podman' | undefined {
  const program = command[0]?.split('/').at(-1);
  return program === 'docker' || program === 'podman' ? program : undefined;
}
