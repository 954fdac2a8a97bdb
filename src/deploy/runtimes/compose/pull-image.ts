import type { ImageComponent } from '../../../model/index.ts';
import { PULL_LIMITS, type PullEnd, pullLimitMs, pullPatiently } from '../pull.ts';
import { type Pull, wrongImage } from '../pull-errors.ts';
import type { ComposeContext } from './compose-context.ts';
import { hasImage } from './images.ts';

/**
 * Has the engine fetch an image by its digest, unless it holds it, with the credentials of docker's own configuration. Throws what
 * `pullPatiently` throws, and `runtime.wrong-image`.
 */
export async function pullImage(context: ComposeContext, component: ImageComponent): Promise<void> {
  const { system, pullLimits: limits = PULL_LIMITS } = context;
  if (await hasImage(context, component)) return;
  const pull: Pull = { reference: `${component.image}@${component.identity}` };
  const limitMs = pullLimitMs(component.bytes, limits);
  await pullPatiently(system, pull, {
    limits,
    once: () => pullOnce(context, pull, { answerMs: limits.answerMs, limitMs }),
  });
  if (!(await hasImage(context, component))) throw wrongImage(pull);
}

async function pullOnce(
  { system }: ComposeContext,
  { reference }: Pull,
  { answerMs, limitMs }: { readonly answerMs: number; readonly limitMs: number },
): Promise<PullEnd> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error('silent')), answerMs);
  try {
    const { exitCode, stderr, timedOut } = await system.exec.run(['docker', 'pull', reference], {
      environment: { ...system.environment },
      timeoutMs: limitMs,
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
