import type { ImageComponent } from '../../../model/index.ts';
import type { ComposeContext, PullLimits } from './compose-context.ts';
import { hasImage } from './images.ts';
import { noPullRoom, pullFailed, pullRefused, registrySilent, unknownImage, wrongImage } from './pull-errors.ts';

const PULL_LIMITS: PullLimits = { answerMs: 60_000, bytesPerSecond: 256 * 1024, attempts: 3, pauseMs: 2_000 };

type PullEnd = 'pulled' | 'silent' | { readonly said: string };

/**
 * Has the engine fetch an image by its digest, unless it holds it, with the credentials of docker's own configuration. Throws
 * `compose.pull-refused`, `compose.unknown-image`, `compose.no-space`, `compose.registry-silent`, `compose.pull-failed` and
 * `compose.wrong-image`; what was fetched by then stays with the engine, which goes on from there the next time.
 */
export async function pullImage(context: ComposeContext, component: ImageComponent): Promise<void> {
  const { system, pullLimits = PULL_LIMITS } = context;
  if (await hasImage(context, component)) return;
  const reference = `${component.image}@${component.identity}`;
  for (let attempt = 1; ; attempt += 1) {
    const end = await pullOnce(context, { reference, bytes: component.bytes, limits: pullLimits });
    if (end === 'pulled') break;
    const error = explain(reference, end, pullLimits);
    const isFinal = end === 'silent' || error.code !== 'compose.pull-failed';
    if (isFinal || attempt >= pullLimits.attempts) throw error;
    system.log.emit({ type: 'compose.pull-retried', image: reference, attempt, why: error.message });
    await system.clock.sleep(pullLimits.pauseMs * attempt);
  }
  if (!(await hasImage(context, component))) throw wrongImage(reference);
}

async function pullOnce(
  { system }: ComposeContext,
  { reference, bytes, limits }: { readonly reference: string; readonly bytes: number; readonly limits: PullLimits },
): Promise<PullEnd> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error('silent')), limits.answerMs);
  try {
    const { exitCode, stderr, timedOut } = await system.exec.run(['docker', 'pull', reference], {
      environment: { ...system.environment },
      timeoutMs: limits.answerMs + Math.ceil((bytes / limits.bytesPerSecond) * 1000),
      signal: silence.signal,
      // The engine speaks once the registry has told what the image consists of.
      onOutput: () => clearTimeout(timer),
    });
    if (exitCode === 0) return 'pulled';
    return { said: timedOut ? 'it took too long' : system.redaction.apply(stderr) };
  } catch (error) {
    if (silence.signal.aborted) return 'silent';
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function explain(reference: string, end: Exclude<PullEnd, 'pulled'>, limits: PullLimits) {
  if (end === 'silent') return registrySilent(reference, limits.answerMs);
  const { said } = end;
  if (/no space left on device/i.test(said)) return noPullRoom(reference);
  if (/denied|forbidden|\b403\b|unauthorized|\b401\b|authentication required|no basic auth/i.test(said))
    return pullRefused(reference, said);
  if (/not found|manifest unknown|\b404\b|does not exist/i.test(said)) return unknownImage(reference, said);
  return pullFailed(reference, said);
}
