import type { ContractFacts, Gate, InstanceFact } from '../../model/index.ts';
import { contractGate, listFirst } from './contract-gate.ts';

/** Every service has moved: by identity, no instance of before is left, not even one that stands by. */
export function instancesGate(facts: ContractFacts): Gate {
  const { upTo, current, releases, instances } = facts;
  const place = { id: 'instances', title: `Every service is of release ${upTo} or a newer one` };
  const command = `onward upgrade --version ${current}`;
  const unseen = instances.filter(({ state }) => state === 'unknown');
  const older = instances.filter((instance) => instance.state !== 'unknown' && !isKnown(facts, instance));
  if (older.length > 0) {
    const list = older.map(({ id, release, state }) => `${id} is of release ${release} (${state})`);
    return contractGate(place, 'closed', { evidence: listFirst(list), command });
  }
  const away = listAway(facts);
  if (releases.length === 0 || unseen.length > 0 || away.length > 0) {
    const problems = [
      ...(releases.length === 0 ? [`release ${upTo} could not be read from the source`] : []),
      ...unseen.map(({ id }) => `${id} cannot be told from here`),
      ...away,
    ];
    return contractGate(place, 'unknown', { evidence: listFirst(problems), command: 'onward doctor' });
  }
  const evidence = `${instances.length} ${instances.length === 1 ? 'instance' : 'instances'} of ${facts.services.join(', ')}, compared by identity`;
  return contractGate(place, 'open', { evidence });
}

function isKnown({ releases }: ContractFacts, { service, identity }: InstanceFact): boolean {
  return releases.some(({ components }) =>
    components.some((component) => component.service === service && component.identity === identity),
  );
}

/** Services that share a database, by the release, and that this deployment does not have: nobody here can see what they run. */
function listAway({ releases, services, databases }: ContractFacts): readonly string[] {
  const shared = databases.filter(({ pending }) => pending === undefined || pending.length > 0).map(({ name }) => name);
  const wanted = releases.flatMap((release) => release.databases).filter(({ name }) => shared.includes(name));
  const away = new Map(
    wanted.flatMap(({ name, services: users }) =>
      users.filter((user) => !services.includes(user)).map((user) => [user, name] as const),
    ),
  );
  return [...away].map(([service, database]) => `${service} uses ${database}, and onward.yaml does not have it`);
}
