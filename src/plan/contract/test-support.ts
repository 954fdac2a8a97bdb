import type {
  ContractDatabaseFact,
  ContractFacts,
  Digest,
  InstanceFact,
  MigrationRef,
  Release,
  StatementsFact,
} from '../../model/index.ts';

export const OLD: Digest = `sha256:${'0'.repeat(64)}`;
export const NEW: Digest = `sha256:${'1'.repeat(64)}`;
const CARRIED: Digest = `sha256:${'2'.repeat(64)}`;

export const PENDING: MigrationRef = {
  database: 'core',
  version: '1.1.0',
  phase: 'contract',
  sequence: 1,
  name: 'drop_total',
  path: '1.1.0/contract/001_drop_total.sql',
  checksum: NEW,
  fingerprint: NEW,
  transactional: true,
};

export function instance(id: string, more: Partial<InstanceFact> = {}): InstanceFact {
  const base = { service: 'api', release: '1.1.0', identity: NEW, config: NEW, run: 'run-1', restarts: 0 } as const;
  return { id, ...base, state: 'running', ...more };
}

export const SEEN: Extract<StatementsFact, { kind: 'seen' }> = {
  kind: 'seen',
  since: '2026-01-01T00:00:00.000Z',
  statements: 4,
  calls: 90,
  broken: [],
  narrowed: [],
  unproved: [],
};

export const DATABASE: ContractDatabaseFact = {
  name: 'core',
  isReachable: true,
  evidence: 'core on localhost:5432',
  drift: [],
  pending: [PENDING],
  removal: { kind: 'seen', value: { objects: [], doomed: [], unnamed: [], broken: [], mentions: [] } },
  sessions: { kind: 'seen', value: [{ pid: 7, role: 'app', name: 'api@1.1.0' }] },
  statements: SEEN,
  hasBackup: true,
};

/** A product of two services, of which the second one is carried from 1.0.0: everything speaks for the removal. */
export function factsOf(more: Partial<ContractFacts> = {}): ContractFacts {
  return {
    deployment: 'acme',
    product: 'shop',
    current: '1.1.0',
    upTo: '1.1.0',
    now: '2026-01-09T00:00:00.000Z',
    lease: { kind: 'free' },
    unfinished: undefined,
    releases: [release('1.1.0')],
    services: ['api', 'worker'],
    instances: [instance('api-1'), instance('worker-1', { service: 'worker', identity: CARRIED, release: '1.0.0' })],
    databases: [DATABASE],
    dataMigrations: {
      kind: 'seen',
      value: [{ id: 'lines', release: '1.1.0', state: { kind: 'seen', value: { status: 'completed', remaining: 0 } } }],
    },
    windows: {
      kind: 'seen',
      value: [{ version: '1.1.0', afterMs: 7 * 86_400_000, completedAt: '2026-01-01T00:00:00.000Z' }],
    },
    clients: ['psql', 'grafana*'],
    ...more,
  };
}

function release(version: string): Release {
  const component = { kind: 'folder', bytes: 1, command: ['node'] } as const;
  return {
    product: 'shop',
    version,
    components: [
      { ...component, service: 'api', identity: NEW, producedBy: version },
      { ...component, service: 'worker', identity: CARRIED, producedBy: '1.0.0' },
    ],
    services: [],
    databases: [{ name: 'core', services: ['api', 'worker'], extensions: [] }],
    migrations: [PENDING],
    stops: [],
    rollback: { until: 'postdeploy' },
    notes: { breaking: [], deprecated: [], knownIssues: [] },
  };
}
