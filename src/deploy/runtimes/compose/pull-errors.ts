import { ExitCode, OnwardError } from '../../../model/index.ts';

/** Nothing has changed after any of these: images are fetched before the first change. */
function pullError(code: string, { what, hint }: { readonly what: string; readonly hint: string }): OnwardError {
  return new OnwardError({ code, message: what, hint, state: 'unchanged', exit: ExitCode.findings });
}

export function pullRefused(reference: string, said: string): OnwardError {
  return pullError('compose.pull-refused', {
    what: `Could not fetch ${reference}: the registry refuses it (${lastLine(said)}).`,
    hint: `Run "docker login ${registryOf(reference)}" as the user who runs Onward, then run the same command again.`,
  });
}

export function unknownImage(reference: string, said: string): OnwardError {
  return pullError('compose.unknown-image', {
    what: `Could not fetch ${reference}: the registry does not have it (${lastLine(said)}).`,
    hint: 'Ask the vendor to push the image again, then run the same command again.',
  });
}

export function noPullRoom(reference: string): OnwardError {
  return pullError('compose.no-space', {
    what: `Could not fetch ${reference}: the disk of the Docker engine is full.`,
    hint: 'Run "docker system df" to see what takes the room, make some, then run the same command again.',
  });
}

export function registrySilent(reference: string, limitMs: number): OnwardError {
  return pullError('compose.registry-silent', {
    what: `Could not fetch ${reference}: the registry has not answered for ${limitMs / 1000} s.`,
    hint: `Find out why ${registryOf(reference)} does not answer, then run the same command again.`,
  });
}

export function pullFailed(reference: string, said: string): OnwardError {
  return pullError('compose.pull-failed', {
    what: `Could not fetch ${reference}: ${lastLine(said)}.`,
    hint: 'Mend what it names, then run the same command again.',
  });
}

export function wrongImage(reference: string): OnwardError {
  return pullError('compose.wrong-image', {
    what: `Could not use ${reference}: the Docker engine has fetched something, and does not know it by that digest.`,
    hint: 'Run "docker image inspect" on it and compare RepoDigests, then run the same command again.',
  });
}

function registryOf(reference: string): string {
  const [first = ''] = reference.split('/');
  return /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}

function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').trim().replace(/\.$/, '');
}
