import type { ImageComponent } from '../../../model/index.ts';
import { PULL_LIMITS, type PullEnd, pullLimitMs, pullPatiently, roomForImage } from '../pull.ts';
import { type Pull, wrongImage } from '../pull-errors.ts';
import { fencedScript } from './change-instances.ts';
import { noDocker, noRoomOnHost } from './errors.ts';
import { ScriptExit } from './script.ts';
import { LOOK_FOR_IMAGE, PULL_IMAGE } from './scripts/image.ts';
import { configOf, type SshContext } from './ssh-context.ts';

const LOOK_LIMIT_MS = 60_000;
/** Beyond what a pull may take, for the script to say how it ended. */
const SLACK_MS = 30_000;

interface Staging {
  readonly context: SshContext;
  readonly component: ImageComponent;
  readonly service: string;
  readonly epoch: number;
}

/** As an engine knows a component that is an image. */
export function referenceOf({ image, identity }: ImageComponent): string {
  return `${image}@${identity}`;
}

/**
 * Has the Docker engine of every host of a service fetch an image by its digest, side by side. All of them answer, and have room, before the
 * first one fetches anything. Throws `ssh.no-docker`, `ssh.no-room`, `runtime.wrong-image` and what `pullPatiently` throws.
 */
export async function stageImageOnHosts(staging: Staging): Promise<void> {
  const { context, component, service } = staging;
  const { hosts } = configOf(context, service);
  const looks = await Promise.all(hosts.map((host) => lookOnHost(staging, host)));
  const missing = looks.filter(({ isPresent }) => !isPresent);
  const needed = roomForImage(component.bytes);
  for (const { host, free } of missing) {
    if (!(free >= needed)) throw noRoomOnHost(host, `stage ${service}`, { needed, free });
  }
  await Promise.all(missing.map(({ host }) => pullOnHost(staging, host)));
}

async function lookOnHost(
  staging: Staging,
  host: string,
): Promise<{ readonly host: string; readonly isPresent: boolean; readonly free: number }> {
  const { context, service } = staging;
  const script = imageScript(staging, `look for the image of ${service}`, { text: LOOK_FOR_IMAGE, variables: {} });
  const { stdout, stderr, exitCode } = await context.connections.run(host, script, {
    limitMs: LOOK_LIMIT_MS,
    expected: [ScriptExit.noDocker],
  });
  if (exitCode === ScriptExit.noDocker) throw noDocker(host, stderr);
  const [state, free] = stdout.trim().split('\n');
  return { host, isPresent: state === 'present', free: Number(free) };
}

async function pullOnHost(staging: Staging, host: string): Promise<void> {
  const { context, component, service } = staging;
  const { system, pullLimits: limits = PULL_LIMITS } = context;
  const pull: Pull = { reference: referenceOf(component), host };
  const startedMs = system.clock.monotonicMs();
  await pullPatiently(system, pull, { limits, once: () => pullOnce(staging, pull, host) });
  const ms = Math.round(system.clock.monotonicMs() - startedMs);
  system.log.emit({ type: 'ssh.staged', host, service, bytes: component.bytes, ms });
}

async function pullOnce(staging: Staging, pull: Pull, host: string): Promise<PullEnd> {
  const { context, component, service } = staging;
  const { pullLimits: limits = PULL_LIMITS } = context;
  const limitMs = pullLimitMs(component.bytes, limits);
  const script = imageScript(staging, `stage ${service}`, {
    text: PULL_IMAGE,
    variables: {
      ANSWER_TENTHS: Math.ceil(limits.answerMs / 100),
      LIMIT_TENTHS: Math.ceil(limitMs / 100),
    },
  });
  const { noDocker: gone, registrySilent, notPulled, wrongArtifact } = ScriptExit;
  const { exitCode, stderr } = await context.connections.run(host, script, {
    limitMs: limitMs + SLACK_MS,
    expected: [gone, registrySilent, notPulled, wrongArtifact],
  });
  if (exitCode === gone) throw noDocker(host, stderr);
  if (exitCode === wrongArtifact) throw wrongImage(pull);
  if (exitCode === registrySilent) return 'silent';
  return exitCode === notPulled ? { said: stderr } : 'pulled';
}

function imageScript(
  { context, component, epoch }: Staging,
  action: string,
  { text, variables }: { readonly text: string; readonly variables: { readonly [name: string]: string | number } },
) {
  return fencedScript(context, action, {
    epoch,
    text,
    variables: {
      ...{ IMAGE: referenceOf(component), HEX: component.identity.slice('sha256:'.length) },
      ...variables,
    },
  });
}
