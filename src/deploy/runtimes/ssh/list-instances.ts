import { type Digest, OnwardError } from '../../../model/index.ts';
import { resolveAddresses } from '../../../system/index.ts';
import type { Instance } from '../runtime.ts';
import { NO_DIGEST } from './instance-spec.ts';
import { chooseState, type ListedInstance, parseListing } from './parse-listing.ts';
import { LIST } from './scripts/list.ts';
import { baseVariables, configOf, loginOf, type SshContext } from './ssh-context.ts';

/** For a look: a host that does not answer by then is not waited for. */
const LOOK_LIMIT_MS = 10_000;

/**
 * The instances of a service on all of its hosts, side by side. Of a host that cannot be reached it gives those that were seen there before,
 * or else one that stands for the host, with state `unknown`.
 */
export async function listInstances(context: SshContext, service: string): Promise<readonly Instance[]> {
  const { hosts } = configOf(context, service);
  return (await Promise.all(hosts.map((host) => listOnHost(context, { host, service })))).flat();
}

async function listOnHost(
  context: SshContext,
  place: { readonly host: string; readonly service: string },
): Promise<readonly Instance[]> {
  const { host, service } = place;
  const seen = context.seen.get(service) ?? new Map<string, readonly Instance[]>();
  context.seen.set(service, seen);
  try {
    const found = await lookAtHost(context, place);
    seen.set(host, found);
    return found;
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    context.system.log.emit({ type: 'ssh.host-unknown', host, service, why: error.message });
    const before = seen.get(host);
    return before ? before.map(asUnknown) : [standIn(place)];
  }
}

async function lookAtHost(
  context: SshContext,
  { host, service }: { readonly host: string; readonly service: string },
): Promise<readonly Instance[]> {
  const { unit } = configOf(context, service);
  const variables = { ...baseVariables(context), SERVICE: service, UNIT: unit };
  const script = { action: `look at ${service}`, variables, text: LIST };
  const { stdout } = await context.connections.run(host, script, { limitMs: LOOK_LIMIT_MS, patience: 'none' });
  const address = await addressOf(context, host);
  const { uptimeS, instances } = parseListing(stdout);
  const nowMs = context.system.clock.now().getTime();
  const place = { host, login: loginOf(context, host), service, address, bootMs: nowMs - 1_000 * uptimeS };
  return instances.map((listed) => toInstance(listed, place));
}

/**
 * As the network finds the host from here: that is where its instances are probed, and where a switch sends requests. Of both sorts of
 * addresses the shorter one: it is the one that programs listen on by themselves.
 */
export function addressOf(context: SshContext, host: string): Promise<string> {
  const known = context.addresses.get(host);
  if (known !== undefined) return known;
  const address = context.connections.resolve(host).then(async (name) => {
    const found = await resolveAddresses(name);
    const chosen = found.find((each) => !each.includes(':')) ?? found[0];
    return chosen === 'loopback' ? '127.0.0.1' : (chosen ?? name);
  });
  context.addresses.set(host, address);
  return address;
}

interface Place {
  readonly host: string;
  readonly login: string;
  readonly service: string;
  readonly address: string;
  /** When the host booted, by our clock. */
  readonly bootMs: number;
}

/**
 * Of a container the image that it runs counts, whatever its unit was meant to start. A unit that was taken over is what it was compared with for as
 * long as nothing of that has changed.
 */
function identifyListed({ spec, image, container, isProofLost }: ListedInstance): Digest {
  const isOther = isProofLost || (typeof container === 'object' && container.isAlive && container.image !== image);
  return spec && !isOther ? spec.identity : NO_DIGEST;
}

function toInstance(listed: ListedInstance, { host, login, service, address, bootMs }: Place): Instance {
  const { id, unit, spec, port, exit, container, state: unitState } = listed;
  const state = chooseState(listed);
  const isUp = state === 'running' || state === 'waiting';
  const pid = typeof container === 'object' ? container.pid : unitState?.pid;
  return {
    id,
    service,
    release: spec?.release ?? 'unknown',
    kind: spec?.kind ?? 'service',
    identity: identifyListed(listed),
    config: spec?.config ?? NO_DIGEST,
    run: spec?.run ?? 'unknown',
    state,
    host,
    place: `${host}: ${unit}`,
    log: `${login} journalctl --unit ${unit}`,
    restarts: isUp ? (unitState?.restarts ?? 0) : 0,
    ...(port === undefined ? {} : { address: { host: address, port } }),
    ...(isUp && pid !== undefined && pid > 0 ? { pid } : {}),
    ...(isUp && unitState && unitState.startedUs > 0
      ? { startedAt: new Date(bootMs + unitState.startedUs / 1_000).toISOString() }
      : {}),
    ...(exit ? { exit } : {}),
  };
}

function asUnknown({ pid: _pid, ...instance }: Instance): Instance {
  return { ...instance, state: 'unknown' };
}

/** Nobody knows what runs there; that must not look as if nothing did. */
function standIn({ host, service }: { readonly host: string; readonly service: string }): Instance {
  const unread = {
    release: 'unknown',
    kind: 'service',
    identity: NO_DIGEST,
    config: NO_DIGEST,
    run: 'unknown',
  } as const;
  return {
    id: `${service}-on-${host.toLowerCase()}`,
    service,
    ...unread,
    state: 'unknown',
    host,
    place: host,
    restarts: 0,
  };
}
