import { describeImage, ExitCode, type ImageReference, OnwardError } from '../../model/index.ts';
import { isNotVouchedFor } from './authorities.ts';

interface Refusal {
  readonly code: string;
  /** What is so now. */
  readonly what: string;
  readonly hint: string;
  readonly cause?: unknown;
}

function refusal(image: ImageReference, { code, what, hint, cause }: Refusal): OnwardError {
  return new OnwardError({
    code,
    message: `Could not look up image ${describeImage(image)}: ${what}.`,
    hint,
    state: 'unchanged',
    exit: ExitCode.findings,
    ...(cause === undefined ? {} : { cause }),
  });
}

export function notFound(image: ImageReference): OnwardError {
  return refusal(image, {
    code: 'registry.not-found',
    what: `the registry has no such ${image.digest === undefined ? 'repository or tag' : 'image'}`,
    hint: 'Push it, or name one that is there. Then run the same command again.',
  });
}

export function refusedAccess(
  image: ImageReference,
  { status, tried, isKnown }: { readonly status: number; readonly tried: string; readonly isKnown: boolean },
): OnwardError {
  return refusal(image, {
    code: 'registry.refused',
    what: `the registry refused with ${status}, asked ${tried}`,
    hint: isKnown
      ? `Check that this user may read ${image.repository}, and that the name is right: a registry may refuse what it does not have.`
      : `Run \`docker login ${image.registry}\`, then run the same command again.`,
  });
}

export function timedOut(image: ImageReference, limitMs: number): OnwardError {
  return refusal(image, {
    code: 'registry.timeout',
    what: `the registry did not answer within ${limitMs / 1000} s`,
    hint: `Check the way to ${image.registry}, then run the same command again.`,
  });
}

export function unreachable(image: ImageReference, why: string, cause?: unknown): OnwardError {
  const isUntrusted = isNotVouchedFor(cause);
  return refusal(image, {
    code: 'registry.unreachable',
    what: `the registry cannot be reached (${why})`,
    hint: isUntrusted
      ? `Put the file of its certificate authority into /etc/docker/certs.d/${image.registry}/ca.crt, or name it with SSL_CERT_FILE. Then run the same command again.`
      : `Check the way to ${image.registry}, then run the same command again.`,
    cause,
  });
}

export function busy(image: ImageReference, status: number): OnwardError {
  return refusal(image, {
    code: 'registry.busy',
    what: status === 429 ? 'the registry takes no more requests for now (429)' : `the registry failed with ${status}`,
    hint: 'Wait, then run the same command again.',
  });
}

export function notARegistry(image: ImageReference, what: string): OnwardError {
  return refusal(image, {
    code: 'registry.not-a-registry',
    what: `${image.registry} does not answer as a registry does: ${what}`,
    hint: 'Check the name of the registry, then run the same command again.',
  });
}

export function wrongManifest(image: ImageReference, what: string): OnwardError {
  return refusal(image, {
    code: 'registry.wrong-manifest',
    what,
    hint: 'Build and push the image again, then run the same command again.',
  });
}

export function unusableCredentials(image: ImageReference, what: string): OnwardError {
  return refusal(image, {
    code: 'registry.credentials',
    what: `the credentials for its registry cannot be read: ${what}`,
    hint: `Run \`docker login ${image.registry}\`, then run the same command again.`,
  });
}
