import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Acceptance, ContractDatabaseFact, ContractFacts, Gate } from '../../model/index.ts';
import { isPassable } from '../../model/index.ts';
import { contentOf } from '../acceptances.ts';
import { planContract } from './plan-contract.ts';
import { DATABASE, factsOf, instance, OLD, SEEN } from './test-support.ts';

const withDatabase = (more: Partial<ContractDatabaseFact>) => factsOf({ databases: [{ ...DATABASE, ...more }] });
const isOpen = (facts: ContractFacts, acceptances: readonly Acceptance[] = []) =>
  planContract(facts, acceptances).gates.every(isPassable);
const shut = (facts: ContractFacts): readonly Gate[] =>
  planContract(facts).gates.filter(({ state }) => state !== 'open');
const shutOf = (facts: ContractFacts) => shut(facts).map(({ id, state }) => `${id} ${state}`);
const session = (name: string | undefined) => ({ pid: 8, role: 'app', name });
const sessions = (name: string | undefined) =>
  withDatabase({ sessions: { kind: 'seen', value: [session('api@1.1.0'), session(name)] } });

/** Each makes one fact worse, and says which gate that shuts. */
const REQUIREMENTS: readonly (readonly [string, string, (facts: ContractFacts) => ContractFacts])[] = [
  ['another operator', 'lease closed', (facts) => ({ ...facts, lease: { kind: 'held', run: 'r', expiresInMs: 1 } })],
  ['an unfinished run', 'unfinished closed', (facts) => ({ ...facts, unfinished: { run: 'r', from: 'a', to: 'b' } })],
  ['an instance of another artifact', 'instances closed', add({ identity: OLD, release: '1.0.0' })],
  ['one that stands by', 'instances closed', add({ identity: OLD, release: '1.0.0', state: 'stopped' })],
  ['one that cannot be told', 'instances unknown', add({ state: 'unknown' })],
  ['a service that is not here', 'instances unknown', (facts) => ({ ...facts, services: ['api'] })],
  ['an older session', 'sessions:core closed', addSession('api@1.0.0')],
  ['a session without a name', 'sessions:core unknown', addSession('')],
  ['a session of an unknown service', 'sessions:core unknown', addSession('cron@2.0.0')],
  ['a session that may not be seen', 'sessions:core unknown', addSession(undefined)],
  ['a statement that breaks', 'queries:core closed', statements({ broken: ['select total'] })],
  ['a statement with fewer columns', 'queries:core unknown', statements({ narrowed: ['select *'] })],
  ['a statement that nobody can try', 'queries:core unknown', statements({ unproved: ['copy'] })],
  ['statements that were not seen', 'queries:core unknown', statements({ gap: '3 are hidden' })],
  ['no statement at all', 'queries:core unknown', statements({ statements: 0, calls: 0 })],
  ['something unnamed', 'dependencies:core closed', removal({ unnamed: ['view totals'] })],
  ['something that breaks', 'dependencies:core closed', removal({ broken: ['function sum_of'] })],
  ['a text that names it', 'dependencies:core unknown', removal({ mentions: ['function f'] })],
  ['rows that are left', 'data:lines closed', data({ status: 'completed', remaining: 3 })],
  ['rows that nobody counted', 'data:lines unknown', data({ status: 'completed', remaining: undefined })],
  ['a data migration that is not run', 'data:lines closed', data({ status: 'pending', remaining: undefined })],
  ['a longer window', 'window closed', window(90)],
  ['no backup', 'backup:core closed', (facts) => change(facts, { hasBackup: false })],
  [
    'drift',
    'ledger:core closed',
    (facts) => change(facts, { drift: [{ code: 'x', severity: 'error', message: 'a file was edited' }] }),
  ],
];

function change(facts: ContractFacts, more: Partial<ContractDatabaseFact>): ContractFacts {
  return { ...facts, databases: facts.databases.map((database) => ({ ...database, ...more })) };
}
function add(more: Parameters<typeof instance>[1]) {
  return (facts: ContractFacts) => ({ ...facts, instances: [...facts.instances, instance('api-9', more)] });
}
function addSession(name: string | undefined) {
  return (facts: ContractFacts) =>
    change(facts, {
      sessions: {
        kind: 'seen',
        value: [
          ...(facts.databases[0]?.sessions?.kind === 'seen' ? facts.databases[0].sessions.value : []),
          session(name),
        ],
      },
    });
}
function statements(more: Partial<typeof SEEN>) {
  return (facts: ContractFacts) => {
    const found = facts.databases[0]?.statements;
    return change(facts, { statements: { ...(found?.kind === 'seen' ? found : SEEN), ...more } });
  };
}
function removal(more: object) {
  return (facts: ContractFacts) => {
    const found = facts.databases[0]?.removal;
    const empty = { objects: [], doomed: [], unnamed: [], broken: [], mentions: [] };
    return change(facts, {
      removal: { kind: 'seen', value: { ...(found?.kind === 'seen' ? found.value : empty), ...more } },
    });
  };
}
function data(value: { readonly status: string; readonly remaining: number | undefined }) {
  return (facts: ContractFacts): ContractFacts => ({
    ...facts,
    dataMigrations: { kind: 'seen', value: [{ id: 'lines', release: '1.1.0', state: { kind: 'seen', value } }] },
  });
}
function window(days: number) {
  return (facts: ContractFacts): ContractFacts => ({
    ...facts,
    windows: {
      kind: 'seen',
      value: [{ version: '1.1.0', afterMs: days * 86_400_000, completedAt: '2026-01-01T00:00:00.000Z' }],
    },
  });
}

/** Each takes one fact away, as a lost connection or a missing right does. */
const unseen = { kind: 'unknown', evidence: 'the network is away' } as const;
const LOSSES: readonly (readonly [string, (facts: ContractFacts) => ContractFacts])[] = [
  ['the lease', (facts) => ({ ...facts, lease: unseen })],
  ['the releases', (facts) => ({ ...facts, releases: [] })],
  ['the database', (facts) => change(facts, { isReachable: false })],
  ['the ledger', (facts) => ({ ...facts, databases: facts.databases.map(({ drift: _, ...rest }) => rest) })],
  ['what is pending', (facts) => ({ ...facts, databases: facts.databases.map(({ pending: _, ...rest }) => rest) })],
  ['the removal', (facts) => change(facts, { removal: unseen })],
  [
    'the removal, without a word',
    (facts) => ({ ...facts, databases: facts.databases.map(({ removal: _, ...rest }) => rest) }),
  ],
  ['the sessions', (facts) => change(facts, { sessions: unseen })],
  [
    'the sessions, without a word',
    (facts) => ({ ...facts, databases: facts.databases.map(({ sessions: _, ...rest }) => rest) }),
  ],
  ['the statements', (facts) => change(facts, { statements: unseen })],
  [
    'the baseline',
    (facts) => change(facts, { statements: { kind: 'no-baseline', evidence: 'the statistics were reset' } }),
  ],
  [
    'the statements, without a word',
    (facts) => ({ ...facts, databases: facts.databases.map(({ statements: _, ...rest }) => rest) }),
  ],
  ['the data migrations', (facts) => ({ ...facts, dataMigrations: unseen })],
  ['the windows', (facts) => ({ ...facts, windows: unseen })],
  [
    'when it was completed',
    (facts) => ({ ...facts, windows: { kind: 'seen', value: [{ version: '1.1.0', afterMs: 1 }] } }),
  ],
];

describe('planContract()', () => {
  it('opens every gate when all the evidence is there', () => {
    const plan = planContract(factsOf());
    expect(plan.gates.filter(({ state }) => state !== 'open')).toEqual([]);
    expect(plan.gates.map(({ id }) => id)).toEqual([
      'lease',
      'unfinished',
      'database:core',
      'ledger:core',
      'instances',
      'data:lines',
      'window',
      'sessions:core',
      'queries:core',
      'dependencies:core',
      'backup:core',
    ]);
    expect(plan.nextCommand).toBe('onward contract');
  });

  it.each(REQUIREMENTS)('is shut by %s', (_, expected, worsen) => {
    expect(shutOf(worsen(factsOf()))).toContain(expected);
  });

  it.each(LOSSES)('is shut when %s cannot be seen', (_, lose) => {
    expect(shutOf(lose(factsOf()))).not.toEqual([]);
  });

  it('says in each shut gate what was seen, and the command that goes on', () => {
    for (const [, , worsen] of REQUIREMENTS) {
      for (const gate of shut(worsen(factsOf()))) {
        expect(gate.evidence.length, gate.id).toBeGreaterThan(10);
        expect(gate.command, gate.id).toMatch(/^onward /);
      }
    }
  });

  it('asks nothing of a database without pending files', () => {
    const plan = planContract(withDatabase({ pending: [] }));
    expect(plan.gates.map(({ id }) => id)).toEqual(['lease', 'unfinished', 'database:core', 'ledger:core']);
    expect(plan.nextCommand).toBe('onward status');
  });

  it('takes a session of a carried component for one of the release that carries it', () => {
    expect(shutOf(sessions('worker@1.0.0'))).toEqual([]);
    expect(shutOf(sessions('worker@0.9.0'))).toEqual(['sessions:core closed']);
  });

  it('knows the clients that the operator has named', () => {
    expect(shutOf(sessions('grafana 11'))).toEqual([]);
    expect(shutOf(sessions('psql'))).toEqual([]);
    expect(shutOf(sessions('psql2'))).toEqual(['sessions:core unknown']);
  });

  it('never opens for an unknown, a requirement more, or a fact less', () => {
    const steps = [...REQUIREMENTS.map(([, , worsen]) => worsen), ...LOSSES.map(([, lose]) => lose)];
    fc.assert(
      fc.property(fc.array(fc.nat(steps.length - 1), { maxLength: 6 }), fc.nat(steps.length - 1), (path, last) => {
        const facts = path.reduce((soFar, index) => steps[index]?.(soFar) ?? soFar, factsOf());
        const worse = steps[last]?.(facts) ?? facts;
        // A later step may replace what an earlier one said, and never by anything that opens.
        expect(isOpen(worse)).toBe(false);
        if (!isOpen(facts)) expect(isOpen(worse)).toBe(false);
        for (const gate of planContract(worse).gates)
          if (gate.state === 'unknown') expect(isPassable(gate)).toBe(false);
      }),
    );
  });
});

describe('an acceptance of a contract gate', () => {
  /** Of whatever a gate of these facts warns of under this name. */
  const accept = (facts: ContractFacts, risk: string, until?: string): Acceptance => ({
    risk,
    content: contentOf(
      planContract(facts).gates.find((gate) => gate.risk === risk) ?? {
        id: '',
        title: '',
        state: 'open',
        evidence: '',
      },
    ),
    release: '1.1.0',
    reason: 'grafana is read by nobody',
    by: 'ada',
    acceptedAt: '2026-01-08T00:00:00.000Z',
    ...(until === undefined ? {} : { until }),
  });

  it('lets an acceptance stand for an unknown that names its risk, and for nothing else', () => {
    const doubtful = sessions('');
    expect(isOpen(doubtful, [accept(doubtful, 'contract-sessions:core')])).toBe(true);
    expect(isOpen(doubtful, [accept(doubtful, 'contract-sessions:other')])).toBe(false);
    expect(isOpen(doubtful, [accept(doubtful, 'contract-sessions:core', '2026-01-08T12:00:00.000Z')])).toBe(false);
    expect(isOpen(doubtful, [accept(doubtful, 'contract-sessions:core', '2026-01-10T00:00:00.000Z')])).toBe(true);
    const bare = withDatabase({ hasBackup: false });
    expect(isOpen(bare, [accept(bare, 'no-backup')])).toBe(true);
  });

  it('covers what was doubtful then, and not what has come since', () => {
    const accepted = [accept(sessions(''), 'contract-sessions:core')];
    expect(isOpen(sessions(''), accepted)).toBe(true);
    expect(isOpen(sessions('pgAdmin 4'), accepted)).toBe(false);
  });

  it('lets nobody accept what is known to break', () => {
    const risks = ['contract-sessions:core', 'contract-queries:core', 'contract-dependencies:core', 'contract-window'];
    for (const [title, expected, worsen] of REQUIREMENTS) {
      if (expected.endsWith('unknown') || title === 'no backup') continue;
      const facts = worsen(factsOf());
      const all = [...risks, 'no-backup', 'instances', 'data:lines'].map((risk) => accept(facts, risk));
      expect(isOpen(facts, all), title).toBe(false);
    }
  });
});
