import { createHash } from 'node:crypto';

const LINES = 100;
const PATCHES = 10;
const MIGRATIONS_PER_RELEASE = 10;
const SERVICES = ['api', 'web', 'worker'];
export const TARGET = `1.${LINES - 1}.${PATCHES - 1}`;

/**
 * 1,000 releases in 100 minor lines of which none may be skipped; each has a stop, an origin and a demand on the tool of its own.
 *
 * @returns {import('../../src/model/release.ts').Catalog}
 */
export function createCatalog() {
  const releases = versions().map(({ version, minor, patch }) => ({
    version,
    digest: digestOf(version),
    publishedAt: '2026-01-01T00:00:00.000Z',
    upgradeFrom: `>=1.${Math.max(0, minor - 2)}.0 <=${version}`,
    stops: minor === 0 ? [] : [{ id: `s${minor}-${patch}`, satisfiedBy: `>=1.${minor - 1}.${patch}`, reason: 'order' }],
    requiresTool: `>=0.${minor % 7}`,
    ...(patch === PATCHES - 1 && minor % 3 === 1 ? { withdrawn: { reason: 'broken' } } : {}),
  }));
  return asRead({ product: 'shop', rules: { skipMinor: false, skipMajor: false }, releases, channels: {} });
}

/**
 * A deployment of three services on the first release, whose database lacks everything. Releases are lists of the same migrations, each up
 * to its own, as if the source had read each file once.
 *
 * @param {import('../../src/model/release.ts').Catalog} catalog
 * @returns {import('../../src/model/facts.ts').Facts}
 */
export function createFacts(catalog) {
  const migrations = asRead(
    versions().flatMap(({ version }) =>
      Array.from({ length: MIGRATIONS_PER_RELEASE }, (_, index) => createMigration(version, index + 1)),
    ),
  );
  const all = versions().map(({ version }, index) =>
    createRelease(version, migrations.slice(0, (index + 1) * MIGRATIONS_PER_RELEASE)),
  );
  const config = digestOf('config');
  return {
    deployment: createDeployment(),
    toolVersion: '1.0.0',
    catalog,
    current: { release: '1.0.0', digest: digestOf('1.0.0') },
    releases: new Map(all.map((release) => [release.version, release])),
    configuration: [],
    configs: new Map(all.map(({ version }) => [version, new Map(SERVICES.map((name) => [name, config]))])),
    instances: SERVICES.map((service) => createInstance(service, config)),
    frontends: [],
    databases: [
      {
        name: 'core',
        isReachable: true,
        evidence: 'core on localhost:5432',
        serverVersion: 150_018,
        extensions: [],
        isEmpty: false,
        pending: migrations,
        drift: [],
        remarks: [],
      },
    ],
    lease: { kind: 'free' },
    unfinished: undefined,
    remarks: [],
    disk: { neededBytes: 0, freeBytes: 10 ** 12 },
  };
}

/**
 * Strings that were just put together are slower to look up than those of a file that was read.
 *
 * @template T
 * @param {T} value
 * @returns {T}
 */
function asRead(value) {
  return JSON.parse(JSON.stringify(value));
}

function versions() {
  return Array.from({ length: LINES * PATCHES }, (_, index) => {
    const [minor, patch] = [Math.floor(index / PATCHES), index % PATCHES];
    return { version: `1.${minor}.${patch}`, minor, patch };
  });
}

/** @returns {import('../../src/model/release.ts').MigrationRef} */
function createMigration(version, sequence) {
  const name = `change_${sequence}`;
  const path = `core/${version}/expand/${String(sequence).padStart(3, '0')}_${name}.sql`;
  const checksum = digestOf(path);
  return {
    ...{ database: 'core', version, phase: /** @type {const} */ ('expand'), sequence, name, path, checksum },
    fingerprint: checksum,
    transactional: true,
  };
}

/** @returns {import('../../src/model/release.ts').Release} */
function createRelease(version, migrations) {
  return {
    product: 'shop',
    version,
    components: SERVICES.map((service) => ({
      service,
      kind: 'folder',
      identity: digestOf(`${service} ${version}`),
      bytes: 10,
      command: ['node', 'main.mjs'],
      producedBy: version,
    })),
    services: [],
    databases: [{ name: 'core', services: [], server: '>=14', extensions: [] }],
    migrations,
    stops: [],
    rollback: { until: 'postdeploy' },
    notes: { breaking: [], deprecated: [], knownIssues: [] },
  };
}

/** @returns {import('../../src/model/deployment.ts').Deployment} */
function createDeployment() {
  return {
    name: 'shop',
    file: '/shop/onward.yaml',
    stateDirectory: '/shop/.onward',
    releases: { source: '/shop/releases', channel: 'stable' },
    databases: [{ name: 'core', url: { from: 'text', value: 'postgres://localhost/core' } }],
    control: 'core',
    services: SERVICES.map((name) => ({
      name,
      runtime: 'process',
      replicas: 1,
      readyTimeoutMs: 1_000,
      switch: { kind: 'none' },
      drainMs: 1_000,
      graceMs: 1_000,
      settleMs: 0,
      environment: {},
    })),
    checks: [],
    lockBudgetMs: 50,
    lockWaitMs: 1_000,
    leaseTtlMs: 30_000,
  };
}

/** @returns {import('../../src/model/facts.ts').InstanceFact} */
function createInstance(service, config) {
  const identity = digestOf(`${service} 1.0.0`);
  return {
    id: `${service}-1`,
    service,
    release: '1.0.0',
    identity,
    config,
    run: 'run-1',
    state: 'running',
    restarts: 0,
  };
}

function digestOf(text) {
  return /** @type {const} */ (`sha256:${createHash('sha256').update(text).digest('hex')}`);
}
