import { dirname, join } from 'node:path';
import { ExitCode, type FilesComponent, OnwardError } from '../../../model/index.ts';

export function noEngine(where: string, why: string): OnwardError {
  return new OnwardError({
    code: 'compose.no-engine',
    message: `Could not ask the Docker engine at ${where}: it does not answer (${why}).`,
    hint: 'Start it, or add this user to the group that may use it, then run the same command again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function engineError(what: string, status: number, why: string): OnwardError {
  return new OnwardError({
    code: 'compose.engine-failed',
    message: `Could not have the Docker engine do ${what}: it answered ${status}, ${trimStop(why)}.`,
    hint: 'Mend what it names, then run the same command again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function remoteEngine(host: string): OnwardError {
  return new OnwardError({
    code: 'compose.remote-engine',
    message: `Could not use the Docker engine at ${host}: Onward speaks to one on its own machine, through its socket.`,
    hint: 'Run Onward on the machine of the engine; or unset DOCKER_HOST and choose another docker context.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function noProgram(why: string): OnwardError {
  return new OnwardError({
    code: 'compose.no-program',
    message: `Could not run docker compose: ${trimStop(why)}.`,
    hint: 'Install the docker command line and its compose plugin, version 2.20 or newer, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function composeFailed(what: string, said: string): OnwardError {
  return new OnwardError({
    code: 'compose.failed',
    message: `Could not run docker compose ${what}: ${trimStop(lastLine(said))}.`,
    hint: 'Mend what it names, then run the same command again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
    ...(said.includes('\n') ? { detail: said } : {}),
  });
}

export function noComposeService(own: string, known: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'compose.no-service',
    message: `Could not find service ${own} in compose.yaml: it has ${known.length === 0 ? 'none' : known.join(', ')}.`,
    hint: 'Name it as "service" of that service in onward.yaml, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function filesElsewhere(first: string, folder: string): OnwardError {
  return new OnwardError({
    code: 'compose.files-elsewhere',
    message: `Could not use COMPOSE_FILE of ${join(folder, '.env')}: its first file is ${first}, which is in another folder.`,
    hint: `Set compose.folder to ${dirname(first)} in onward.yaml, and compose.files and compose.envFiles to what is meant there.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function foreignOverride(path: string): OnwardError {
  return new OnwardError({
    code: 'compose.foreign-override',
    message: `Could not write ${path}: there is such a file, and it is not of Onward.`,
    hint: 'Set compose.override to compose.onward.yaml in onward.yaml, create that file with "services: {}", and set COMPOSE_FILE in .env to all files, that one last: compose.yaml:compose.override.yaml:compose.onward.yaml.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function unreadableOverride(path: string, why: string): OnwardError {
  return new OnwardError({
    code: 'compose.unreadable-override',
    message: `Could not use ${path}: ${trimStop(why)}.`,
    hint: `Restore ${path} as Onward wrote it; or remove it, which makes every service roll again.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function wrongArtifact(service: string, kind: FilesComponent['kind']): OnwardError {
  return new OnwardError({
    code: 'compose.no-image',
    message: `Could not use what the release ships as ${service}: it is a ${kind}, and Compose runs images.`,
    hint: `Ship an image for ${service}, or choose another runtime for it in onward.yaml.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function wrongConfiguration(service: string, said: string): OnwardError {
  return new OnwardError({
    code: 'compose.wrong-configuration',
    message: `Could not use compose.yaml with the new image of ${service}: ${trimStop(lastLine(said))}.`,
    hint: 'Mend compose.yaml or .env, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
    ...(said.includes('\n') ? { detail: said } : {}),
  });
}

export function notCreated(id: string, service: string): OnwardError {
  return new OnwardError({
    code: 'compose.not-created',
    message: `Could not create instance ${id}: docker compose made no container of ${service} for it.`,
    hint: 'Run "onward status" to see what runs, then run the same command again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function notStopped(id: string, limitMs: number): OnwardError {
  return new OnwardError({
    code: 'compose.not-stopped',
    message: `Could not stop instance ${id}: its container still runs ${Math.round(limitMs / 1000)} s after it was told to end.`,
    hint: 'Run "docker ps" and look at what the engine says of it, then run the same command again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

function trimStop(text: string): string {
  return text.trim().replace(/\.$/, '');
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
