import { ExitCode, OnwardError } from '../../model/index.ts';

/** An image on its way to a Docker engine. */
export interface Pull {
  /** As in `registry.example/shop/api@sha256:…`. */
  readonly reference: string;
  /** The host whose engine fetches it; left out for the engine of this machine. */
  readonly host?: string;
}

/** Nothing has changed after any of these: images are fetched before the first change. */
function pullError(code: string, { what, hint }: { readonly what: string; readonly hint: string }): OnwardError {
  return new OnwardError({
    code,
    message: what,
    hint: `${hint}, then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function pullRefused(pull: Pull, said: string): OnwardError {
  const { host, reference } = pull;
  const who = host === undefined ? 'as the user who runs Onward' : `on ${host} as root`;
  return pullError('runtime.pull-refused', {
    what: `${couldNotFetch(pull)}: the registry refuses it (${lastLine(said)}).`,
    hint: `Run "docker login ${registryOf(reference)}" ${who}`,
  });
}

export function unknownImage(pull: Pull, said: string): OnwardError {
  return pullError('runtime.unknown-image', {
    what: `${couldNotFetch(pull)}: the registry does not have it (${lastLine(said)}).`,
    hint: 'Ask the vendor to push the image again',
  });
}

export function noPullRoom(pull: Pull): OnwardError {
  return pullError('runtime.no-image-room', {
    what: `${couldNotFetch(pull)}: the disk of the Docker engine is full.`,
    hint: `Run "docker system df"${on(pull)} to see what takes the room, make some`,
  });
}

export function registrySilent(pull: Pull, limitMs: number): OnwardError {
  return pullError('runtime.registry-silent', {
    what: `${couldNotFetch(pull)}: the registry has not answered for ${limitMs / 1000} s.`,
    hint: `Find out why ${registryOf(pull.reference)} does not answer${on(pull)}`,
  });
}

export function pullFailed(pull: Pull, said: string): OnwardError {
  return pullError('runtime.pull-failed', {
    what: `${couldNotFetch(pull)}: ${lastLine(said)}.`,
    hint: 'Mend what it names',
  });
}

export function wrongImage(pull: Pull): OnwardError {
  return pullError('runtime.wrong-image', {
    what: `Could not use ${pull.reference}${on(pull)}: the Docker engine has fetched something, and does not know it by that digest.`,
    hint: 'Run "docker image inspect" on it and compare RepoDigests',
  });
}

function couldNotFetch(pull: Pull): string {
  return `Could not fetch ${pull.reference}${on(pull)}`;
}

function on({ host }: Pull): string {
  return host === undefined ? '' : ` on ${host}`;
}

function registryOf(reference: string): string {
  const [first = ''] = reference.split('/');
  return /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}

function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').trim().replace(/\.$/, '');
}
