import { resolve } from 'node:path';
import {
  assertNever,
  type Database,
  type Deployment,
  ExitCode,
  OnwardError,
  type Secret,
  type Service,
} from '../model/index.ts';
import { type ConnectionTarget, resolveConnectionTarget, type System } from '../system/index.ts';

/** `env:NAME`, `file:PATH` (relative to the file's folder), or the text itself. */
export function parseSecret(text: string, folder: string): Secret {
  if (text.startsWith('env:')) return { from: 'env', name: text.slice('env:'.length) };
  if (text.startsWith('file:')) return { from: 'file', path: resolve(folder, text.slice('file:'.length)) };
  return { from: 'text', value: text };
}

/** The value itself. Values from the environment and from files are redacted from every output from now on. */
export async function resolveSecret(system: System, secret: Secret, where: string): Promise<string> {
  switch (secret.from) {
    case 'text':
      return secret.value;
    case 'env': {
      const value = system.environment[secret.name];
      if (value === undefined) throw missing(where, `the environment variable ${secret.name} is not set`);
      system.redaction.add(value);
      return value;
    }
    case 'file': {
      const value = await system.files.readTextIfPresent(secret.path);
      if (value === undefined) throw missing(where, `there is no file ${secret.path}`);
      const trimmed = value.replace(/\r?\n$/, '');
      system.redaction.add(trimmed);
      return trimmed;
    }
    default:
      return assertNever(secret);
  }
}

/** Where and as whom to connect, for every database of the deployment, in the order of the file. */
export async function resolveDatabaseTargets(
  system: System,
  deployment: Deployment,
): Promise<ReadonlyMap<string, ConnectionTarget>> {
  const targets = new Map<string, ConnectionTarget>();
  for (const database of deployment.databases) {
    targets.set(database.name, await resolveTarget(system, database, `databases.${database.name}`));
  }
  return targets;
}

/** The scratch server that the deployment names; `undefined`: it names none. */
export async function resolveScratchTarget(
  system: System,
  { scratch }: Deployment,
): Promise<ConnectionTarget | undefined> {
  return scratch && resolveTarget(system, scratch, 'scratch');
}

async function resolveTarget(system: System, database: Database, origin: string): Promise<ConnectionTarget> {
  const password = database.password && (await resolveSecret(system, database.password, `${origin}.passwordFile`));
  const target = await resolveConnectionTarget({
    url: await resolveSecret(system, database.url, `${origin}.url`),
    ...(password === undefined ? {} : { password }),
    origin: `${origin}.url`,
    environment: system.environment,
  });
  if (target.password !== undefined) system.redaction.add(target.password);
  return target;
}

/** The environment of a service's instances, with every reference resolved. */
export async function resolveEnvironment(
  system: System,
  service: Service,
): Promise<{ readonly [name: string]: string }> {
  const resolved: Record<string, string> = {};
  for (const [name, secret] of Object.entries(service.environment)) {
    resolved[name] = await resolveSecret(system, secret, `services.${service.name}.environment.${name}`);
  }
  return resolved;
}

function missing(where: string, why: string): OnwardError {
  return new OnwardError({
    code: 'deployment.missing-value',
    message: `Could not resolve ${where}: ${why}.`,
    hint: 'Provide the value, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
