import { isAbsolute, join, relative } from 'node:path';
import type { Listen } from '../../../model/index.ts';
import { commandLeaves } from '../errors.ts';
import type { CommandSpec, InstanceSpec } from '../runtime.ts';

/** What an instance inherits from the environment of the tool; everything else comes from its specification. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'] as const;

export type Environment = { readonly [name: string]: string | undefined };

export function baseEnvironment(environment: Environment): { readonly [name: string]: string } {
  const base: { [name: string]: string } = {};
  for (const name of INHERITED) {
    const value = environment[name];
    if (value !== undefined) base[name] = value;
  }
  return base;
}

/** The whole environment of an instance's process. */
export function childEnvironment(
  spec: InstanceSpec,
  address: Listen,
  environment: Environment,
): { readonly [name: string]: string } {
  return {
    ...baseEnvironment(environment),
    PGAPPNAME: `${spec.service}@${spec.release}`,
    ...spec.environment,
    PORT: String(address.port),
    HOST: address.host,
    ONWARD_SERVICE: spec.service,
    ONWARD_RELEASE: spec.release,
    ONWARD_INSTANCE: spec.id,
  };
}

/** The whole environment of a command's process. */
export function commandEnvironment(spec: CommandSpec, environment: Environment): { readonly [name: string]: string } {
  return {
    ...baseEnvironment(environment),
    PGAPPNAME: `${spec.service}@${spec.release}`,
    ...spec.environment,
    ONWARD_SERVICE: spec.service,
    ONWARD_RELEASE: spec.release,
  };
}

/**
 * The argv of an instance's process: `node` is the Node that runs Onward, an absolute path is taken as it is, and any other program
 * is a file of the artifact. Throws `runtime.program-outside` when it is not inside of it.
 */
export function childArgv(
  spec: Pick<InstanceSpec, 'id' | 'artifact' | 'command'>,
  node: string,
): readonly [string, ...string[]] {
  const [program = '', ...args] = spec.command;
  if (program === 'node') return [node, ...args];
  if (isAbsolute(program)) return [program, ...args];
  const path = join(spec.artifact, program);
  const inside = relative(spec.artifact, path);
  if (inside === '' || inside === '..' || inside.startsWith('../')) throw commandLeaves(spec.id, program);
  return [path, ...args];
}
