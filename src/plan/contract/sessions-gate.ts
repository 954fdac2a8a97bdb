import {
  type ClientSession,
  type ContractDatabaseFact,
  type ContractFacts,
  compareVersions,
  type Gate,
  isVersion,
} from '../../model/index.ts';
import { contractGate, listFirst } from './contract-gate.ts';

/** No client of an older version is connected: instances that Onward starts call themselves `service@version`. */
export function sessionsGate(facts: ContractFacts, { name, sessions }: ContractDatabaseFact): Gate {
  const place = { id: `sessions:${name}`, title: `No older client is connected to ${name}` };
  const risk = `contract-sessions:${name}`;
  const command = 'onward contract --dry-run';
  if (sessions?.kind !== 'seen')
    return contractGate(place, 'unknown', {
      evidence: sessions?.evidence ?? 'nobody looked',
      command,
      risk,
      covers: facts.upTo,
    });
  const judged = sessions.value.map((session) => ({ session, age: judge(facts, session) }));
  const older = judged.filter(({ age }) => age === 'older');
  if (older.length > 0)
    return contractGate(place, 'closed', {
      evidence: listFirst(older.map(({ session }) => describe(session))),
      command,
    });
  const unknown = judged.filter(({ age }) => age === 'unknown');
  if (unknown.length > 0) {
    const list = listFirst(unknown.map(({ session }) => describe(session)));
    const evidence = `whose these are cannot be told: ${list}. Name clients that do not matter under contract.clients in onward.yaml`;
    const covers = [...new Set(unknown.map(({ session: { role, name } }) => `${role} ${name ?? '?'}`))].sort();
    return contractGate(place, 'unknown', { evidence, command, risk, covers: [facts.upTo, ...covers] });
  }
  const count = sessions.value.length;
  return contractGate(place, 'open', {
    evidence: count === 0 ? 'nobody is connected' : `${count} connected, each of ${facts.upTo} or newer, or known`,
  });
}

function describe({ pid, role, name, address, since }: ClientSession): string {
  const called = name === undefined ? 'of a name that may not be seen' : name === '' ? 'without a name' : name;
  const from = address === undefined ? '' : ` from ${address}`;
  return `pid ${pid} ${called}, role ${role}${from}${since === undefined ? '' : `, since ${since}`}`;
}

function judge(facts: ContractFacts, { name }: ClientSession): 'older' | 'fine' | 'unknown' {
  if (name === undefined || name === '') return 'unknown';
  if (facts.clients.some((pattern) => matches(pattern, name))) return 'fine';
  const at = name.lastIndexOf('@');
  const version = name.slice(at + 1);
  const floor = floorOf(facts, name.slice(0, at));
  if (at < 0 || !isVersion(version) || floor === undefined) return 'unknown';
  return compareVersions(version, floor) < 0 ? 'older' : 'fine';
}

/** The release that made what `upTo` has of a service: a carried component calls itself by that one. */
function floorOf({ releases }: ContractFacts, service: string): string | undefined {
  return releases.flatMap(({ components }) => components).find((component) => component.service === service)
    ?.producedBy;
}

/** `grafana*`: a star stands for any text. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  const last = rest.pop() ?? '';
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
