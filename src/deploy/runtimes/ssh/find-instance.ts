import { isInstanceId } from '../spec-fields.ts';
import { FIND } from './scripts/find.ts';
import { allHosts, baseVariables, type SshContext } from './ssh-context.ts';

export interface InstancePlace {
  readonly host: string;
  readonly service: string;
}

/**
 * Where an instance is; `undefined` when it is on no host. Those that were listed or created here are known; else every host is asked, and one
 * that cannot be reached is a reason not to go on.
 */
export async function findInstance(context: SshContext, id: string): Promise<InstancePlace | undefined> {
  if (!isInstanceId(id)) return undefined;
  const known = findKnown(context, id);
  if (known) return known;
  const script = { action: `look for ${id}`, variables: { ...baseVariables(context), ID: id, UNIT: '' }, text: FIND };
  const found = await Promise.all(
    allHosts(context).map(async (host) => {
      const { stdout } = await context.connections.run(host, script);
      const service = stdout.trim();
      return service === '' ? [] : [{ host, service }];
    }),
  );
  const [place] = found.flat();
  if (place) context.places.set(id, place);
  return place;
}

/** As `findInstance`, without asking anybody. */
export function findKnown({ places, seen }: SshContext, id: string): InstancePlace | undefined {
  const known = places.get(id);
  if (known) return known;
  for (const [service, hosts] of seen) {
    for (const [host, instances] of hosts) {
      if (instances.some((instance) => instance.id === id)) return { host, service };
    }
  }
  return undefined;
}
