import { describe, expect, it } from 'vitest';
import {
  type Acceptance,
  type Component,
  type DatabaseFact,
  DEFAULT_PACING,
  type Deployment,
  type Facts,
  type InstanceFact,
  type MigrationCommand,
  type MigrationRef,
  type Plan,
  type ProofFact,
  type Release,
  type Service,
} from '../model/index.ts';
import { type PlanRequest, planUpgrade, renderPlan } from './index.ts';

const digest = (seed: string): `sha256:${string}` =>
  `sha256:${Buffer.from(seed).toString('hex').padEnd(64, '0').slice(0, 64)}`;

function service(name: string, more: Partial<Service> = {}): Service {
  return {
    name,
    runtime: { kind: 'process' },
    replicas: 1,
    readyTimeoutMs: 1000,
    switch: { kind: 'none' },
    drainMs: 1000,
    graceMs: 1000,
    settleMs: 0,
    environment: {},
    ...more,
  };
}

const deployment: Deployment = {
  name: 'shop',
  file: '/x/onward.yaml',
  stateDirectory: '/x/.onward',
  releases: { source: '/x/releases', channel: 'stable' },
  databases: [{ name: 'core', url: { from: 'text', value: 'postgres://h/core' } }],
  control: 'core',
  services: [
    service('web', {
      after: ['api'],
      switch: { kind: 'builtin', mode: 'http', listen: { host: '127.0.0.1', port: 1 } },
    }),
    service('api', { replicas: 2, switch: { kind: 'builtin', mode: 'http', listen: { host: '127.0.0.1', port: 2 } } }),
    service('worker', { after: ['api'] }),
  ],
  configuration: [],
  checks: [],
  lockBudgetMs: 50,
  lockWaitMs: 1000,
  leaseTtlMs: 30_000,
  pacing: DEFAULT_PACING,
};

function component(name: string, producedBy: string): Component {
  return {
    service: name,
    kind: 'folder',
    identity: digest(`${name}${producedBy}`),
    bytes: 10,
    command: ['node'],
    producedBy,
  };
}

function migration(version: string, phase: MigrationRef['phase'], sequence: number): MigrationRef {
  const path = `core/v${version}/${phase}/00${sequence}_change.sql`;
  return {
    database: 'core',
    version,
    phase,
    sequence,
    name: 'change',
    path,
    checksum: digest(path),
    fingerprint: digest(path),
    transactional: true,
  };
}

const MIGRATIONS = [
  migration('1.0.0', 'expand', 1),
  migration('1.1.0', 'expand', 1),
  migration('1.1.0', 'postdeploy', 1),
  migration('1.1.0', 'contract', 1),
  migration('1.2.0', 'expand', 1),
];

function release(version: string, components: readonly Component[], more: Partial<Release> = {}): Release {
  return {
    product: 'shop',
    version,
    components,
    services: [],
    databases: [{ name: 'core', services: [], server: '>=14', extensions: [] }],
    migrations: MIGRATIONS.filter((file) => file.version <= version),
    stops: [],
    rollback: { until: 'postdeploy' },
    notes: { breaking: [], deprecated: [], knownIssues: [] },
    ...more,
  };
}

const RELEASES = [
  release('1.0.0', [component('web', '1.0.0'), component('api', '1.0.0'), component('worker', '1.0.0')]),
  release('1.1.0', [component('web', '1.0.0'), component('api', '1.1.0'), component('worker', '1.1.0')]),
  release('1.2.0', [component('web', '1.2.0'), component('api', '1.2.0'), component('worker', '1.1.0')]),
];

const config = digest('config');

function running(name: string, index: number, producedBy = '1.0.0'): InstanceFact {
  return {
    id: `${name}-${index}`,
    service: name,
    release: producedBy,
    identity: digest(`${name}${producedBy}`),
    config,
    run: 'r',
    state: 'running',
    restarts: 0,
  };
}

const database: DatabaseFact = {
  name: 'core',
  isReachable: true,
  evidence: 'core on h:5432',
  serverVersion: 150_018,
  extensions: [],
  isEmpty: false,
  pending: MIGRATIONS.filter((file) => file.version !== '1.0.0'),
  drift: [],
  remarks: [],
};

function facts(more: Partial<Facts> = {}): Facts {
  return {
    deployment,
    toolVersion: '0.1.0',
    catalog: {
      product: 'shop',
      rules: { skipMinor: false, skipMajor: false },
      releases: RELEASES.map(({ version }) => ({
        version,
        digest: digest(version),
        publishedAt: '2026-01-01T00:00:00.000Z',
        stops: [],
      })),
      channels: { stable: '1.2.0' },
    },
    current: { release: '1.0.0', digest: digest('1.0.0') },
    releases: new Map(RELEASES.map((found) => [found.version, found])),
    configuration: [],
    configs: new Map(
      RELEASES.map((found) => [found.version, new Map(['web', 'api', 'worker'].map((name) => [name, config]))]),
    ),
    instances: [running('web', 1), running('api', 1), running('api', 2), running('worker', 1)],
    frontends: [
      { service: 'web', targets: [{ id: 'web-1', state: 'active' }] },
      {
        service: 'api',
        targets: [
          { id: 'api-1', state: 'active' },
          { id: 'api-2', state: 'active' },
        ],
      },
    ],
    databases: [database],
    lease: { kind: 'free' },
    unfinished: undefined,
    remarks: [],
    disk: { neededBytes: 10, freeBytes: 10 ** 12 },
    ...more,
  };
}

const request: PlanRequest = {
  requested: 'stable',
  hops: [
    { from: '1.0.0', to: '1.1.0', stop: { id: 's', reason: 'r' } },
    { from: '1.1.0', to: '1.2.0' },
  ],
  rollback: 'run',
  command: 'onward upgrade',
};

describe('planUpgrade()', () => {
  it('puts every expand step before any roll, and commit last', () => {
    for (const hop of planUpgrade(facts(), request).hops) {
      const kinds = hop.steps.map((step) => step.kind);
      expect(kinds.lastIndexOf('expand')).toBeLessThan(kinds.indexOf('roll'));
      expect(kinds.lastIndexOf('roll')).toBeLessThan(kinds.indexOf('postdeploy'));
      expect(kinds.at(-1)).toBe('commit');
    }
  });

  it('gives every hop the migrations that are its own, and never a contract one', () => {
    const [first, second] = planUpgrade(facts(), request).hops;
    const paths = (hop: typeof first) => hop?.steps.flatMap((step) => (step.migrations ?? []).map((file) => file.path));
    expect(paths(first)).toEqual(['core/v1.1.0/expand/001_change.sql', 'core/v1.1.0/postdeploy/001_change.sql']);
    expect(paths(second)).toEqual(['core/v1.2.0/expand/001_change.sql']);
  });

  it('carries what does not change from hop to hop', () => {
    const [first, second] = planUpgrade(facts(), request).hops;
    expect(first?.carried.map((entry) => entry.service)).toEqual(['web']);
    expect(second?.carried).toEqual([{ service: 'worker', producedBy: '1.1.0' }]);
  });

  it('rolls a service whose artifact is the same and whose configuration is not', () => {
    const instances = [
      { ...running('web', 1), config: digest('older') },
      running('api', 1),
      running('api', 2),
      running('worker', 1),
    ];
    const [first] = planUpgrade(facts({ instances }), request).hops;
    expect(first?.steps.find((step) => step.roll?.service === 'web')?.roll?.reason).toBe('new-config');
  });

  it('says of a service that is as it should be but for its number, or that does not run any more, to what it rolls', () => {
    const titles = (...instances: Facts['instances']) =>
      planUpgrade(facts({ instances }), { ...request, hops: [{ from: '1.0.0', to: '1.0.0' }] }).hops[0]?.steps.flatMap(
        ({ roll, title }) => (roll ? [title] : []),
      );
    expect(titles(running('api', 1), running('worker', 1))).toEqual([
      'Roll api (2 instances) to as many as onward.yaml says, start-first',
      'Roll web to its next start, start-first',
    ]);
  });

  it.each([
    ['127.0.0.1:4001', undefined],
    ['127.0.0.1:4002', 'not-routed'],
  ])('compares where an instance listens with where the switch sends requests: %s', (address, reason) => {
    const instances = [{ ...running('web', 1), address }, running('api', 1), running('api', 2), running('worker', 1)];
    const frontends = facts().frontends.map((frontend) =>
      frontend.service === 'web'
        ? { ...frontend, targets: [{ id: 'web-1', state: 'active', address: '127.0.0.1:4001' }] }
        : frontend,
    );
    const [first] = planUpgrade(facts({ instances, frontends }), request).hops;
    expect(first?.steps.find((step) => step.roll?.service === 'web')?.roll?.reason).toBe(reason);
  });

  it('makes a service wait for those it depends on through others that are carried', () => {
    const chain = {
      ...deployment,
      services: [service('web', { after: ['api'] }), service('api', { after: ['worker'] }), service('worker')],
    };
    const [first] = planUpgrade(facts({ deployment: chain }), request).hops;
    const roll = first?.steps.find((step) => step.roll?.service === 'api')?.roll;
    expect(roll?.after).toEqual(['worker']);
    const second = planUpgrade(facts({ deployment: chain }), request).hops[1];
    expect(second?.steps.find((step) => step.roll?.service === 'web')?.roll?.after).toEqual(['api', 'worker']);
  });

  it('names the first commit as the point of no return, or postdeploy where the release says so', () => {
    expect(planUpgrade(facts(), request).pointOfNoReturn).toBe('1.1.0 commit');
    const strict = RELEASES.map((found) => ({ ...found, rollback: { until: 'roll' as const } }));
    const changed = facts({ releases: new Map(strict.map((found) => [found.version, found])) });
    const plan = planUpgrade(changed, request);
    expect(plan.pointOfNoReturn).toBe('1.1.0 postdeploy');
    expect(plan.hops[0]?.steps.find((step) => step.kind === 'postdeploy')?.rollback).toBe('forward-only');
  });

  it('says of the steps it does not do that they are not configured', () => {
    const steps = planUpgrade(facts(), request).hops[0]?.steps ?? [];
    const absent = steps.filter((step) => !step.configured);
    expect(absent.map((step) => step.kind)).toEqual(['backup']);
    for (const step of absent) expect(step.note).toMatch(/^Not configured: /);
  });

  it('names the data migrations that postdeploy needs, those of a release that it jumps over included', () => {
    const declare = (id: string, before: 'postdeploy' | 'contract') => ({
      kind: 'sql' as const,
      id,
      database: 'core',
      table: 'customers',
      key: ['id'],
      change: { kind: 'update' as const, set: 'a = b' },
      where: 'a is null',
      verify: 'select 0',
      before,
      batch: { rows: 1_000, targetMs: 250 },
    });
    const world = facts();
    const from = world.releases.get(world.current?.release ?? '');
    const target = world.releases.get(request.hops[0]?.to ?? '');
    if (!from || !target) throw new Error('The facts have no releases');
    const between = {
      ...from,
      version: `${from.version.replace(/\d+$/, '')}99`,
      dataMigrations: [declare('jumped', 'postdeploy')],
    };
    const releases = new Map(world.releases)
      .set(from.version, { ...from, dataMigrations: [declare('done-before', 'postdeploy')] })
      .set(between.version, between)
      .set(target.version, {
        ...target,
        dataMigrations: [declare('own', 'postdeploy'), declare('later', 'contract')],
      });
    const steps = planUpgrade({ ...world, releases }, request).hops[0]?.steps ?? [];
    expect(steps.find(({ kind }) => kind === 'data')).toMatchObject({
      title: 'Run 2 data migrations: jumped, own',
      configured: true,
      note: 'Left to "onward data-migrate run": later.',
    });
  });

  it('says in every hop what that release changes in configuration files', () => {
    const app = { name: 'app', path: '/app.env', problems: [], remarks: [] };
    const edits = [
      { release: '1.1.0', what: 'add A' },
      { release: '1.2.0', what: 'remove B' },
    ];
    const stages = planUpgrade(facts({ configuration: [{ ...app, edits }] }), request).hops.map((hop) =>
      hop.steps.find((step) => step.kind === 'stage'),
    );
    expect(stages.map((stage) => stage?.configuration)).toEqual([['app: add A'], ['app: remove B']]);
    expect(stages[0]?.title).toMatch(/, and make 1 change of configuration$/);
  });

  it('is equal, with an equal digest, for equal facts, and another one when what is decided differs', () => {
    expect(planUpgrade(facts(), request)).toEqual(planUpgrade(facts(), request));
    const other = planUpgrade(facts({ databases: [{ ...database, pending: [] }] }), request);
    expect(other.digest).not.toBe(planUpgrade(facts(), request).digest);
  });
});

describe('gates', () => {
  const open = (changed: Partial<Facts>) =>
    planUpgrade(facts(changed), request).gates.filter((gate) => gate.state !== 'open');

  it('are all open when everything is as recorded', () => {
    expect(open({})).toEqual([]);
  });

  it.each<readonly [string, Partial<Facts>, string, string]>([
    ['another operator holds the lease', { lease: { kind: 'held', run: 'r2', expiresInMs: 9000 } }, 'lease', 'closed'],
    ['the lease cannot be read', { lease: { kind: 'unknown', evidence: 'no' } }, 'lease', 'unknown'],
    ['a run has not ended', { unfinished: { run: 'r2', from: '1.0.0', to: '1.1.0' } }, 'unfinished', 'closed'],
    [
      'a database cannot be reached',
      { databases: [{ name: 'core', isReachable: false, evidence: 'refused' }] },
      'database:core',
      'closed',
    ],
    ['the server is too old', { databases: [{ ...database, serverVersion: 130_000 }] }, 'server:core', 'closed'],
    [
      'the ledger could not be read',
      { databases: [{ name: 'core', isReachable: true, evidence: '', serverVersion: 150_000 }] },
      'ledger:core',
      'unknown',
    ],
    [
      'an applied file was edited',
      { databases: [{ ...database, drift: [{ code: 'x', severity: 'error', message: 'edited' }] }] },
      'ledger:core',
      'closed',
    ],
    ['a service does not run', { instances: [running('web', 1), running('worker', 1)] }, 'running', 'closed'],
    [
      'a service runs something else',
      { instances: [running('web', 1, '0.9.0'), running('api', 1), running('api', 2), running('worker', 1)] },
      'running',
      'closed',
    ],
    [
      'an instance cannot be told',
      {
        instances: [
          { ...running('web', 1), state: 'unknown' },
          running('api', 1),
          running('api', 2),
          running('worker', 1),
        ],
      },
      'running',
      'closed',
    ],
    [
      'the switch cannot listen',
      { frontends: [{ service: 'api', targets: undefined, wanted: { address: '127.0.0.1:2', isFree: false } }] },
      'address:api',
      'closed',
    ],
    [
      'the operator’s switch cannot be used',
      {
        frontends: [
          { service: 'api', targets: undefined, use: { problem: { message: 'It is gone.', hint: 'Start it.' } } },
        ],
      },
      'switch:api',
      'closed',
    ],
    ['the disk is too full', { disk: { neededBytes: 10, freeBytes: 10 } }, 'disk', 'closed'],
  ])('close when %s', (_, changed, id, state) => {
    expect(open(changed)).toContainEqual(expect.objectContaining({ id, state }));
  });

  it('close while a configuration file does not have what the path needs, and name the command that says all of it', () => {
    const problem = { code: 'configuration.missing-key', severity: 'error', message: 'A is missing' } as const;
    const remark = { code: 'configuration.deprecated-key', severity: 'warning', message: 'B is deprecated' } as const;
    const file = { name: 'app', path: '/app.env', problems: [problem], remarks: [remark], edits: [] };
    const plan = planUpgrade(facts({ configuration: [file, { ...file, name: 'values', problems: [] }] }), request);
    expect(plan.gates.filter(({ id }) => id.startsWith('configuration:'))).toMatchObject([
      { id: 'configuration:app', state: 'closed', evidence: 'A is missing' },
      { id: 'configuration:values', state: 'open' },
    ]);
    expect(plan.nextCommand).toBe('onward config check --version 1.2.0');
    expect(plan.findings).toContain(remark);
  });

  it('close when the release and onward.yaml name different services', () => {
    const fewer = { ...deployment, services: deployment.services.slice(0, 2) };
    const shut = open({ deployment: fewer });
    expect(shut.map((gate) => gate.evidence)).toEqual(['onward.yaml has no worker', 'onward.yaml has no worker']);
  });

  it('close when the release has a database that onward.yaml does not name', () => {
    const other: MigrationRef = { ...migration('1.2.0', 'expand', 2), database: 'audit' };
    const releases = RELEASES.map((found) =>
      found.version === '1.2.0' ? { ...found, migrations: [...found.migrations, other] } : found,
    );
    const shut = open({ releases: new Map(releases.map((found) => [found.version, found])) });
    expect(shut.map((gate) => [gate.id, gate.evidence])).toEqual([['databases:1.2.0', 'onward.yaml has no audit']]);
  });

  it('close what is installed, too, when onward.yaml names a service that it does not have', () => {
    const renamed = { ...deployment, services: [...deployment.services.slice(0, 2), service('wrker')] };
    const plan = planUpgrade(facts({ deployment: renamed }), { ...request, hops: [] });
    expect(plan.gates.filter((gate) => gate.state !== 'open').map((gate) => gate.evidence)).toContain(
      'the release has no wrker (did you mean worker?); onward.yaml has no worker',
    );
  });

  it('accept a database that an earlier attempt of the first install has filled, and no other', () => {
    const first = { current: undefined, instances: [], frontends: [] };
    const empty = (more: Partial<DatabaseFact>) =>
      planUpgrade(facts({ ...first, databases: [{ ...database, ...more }] }), {
        ...request,
        hops: [{ from: 'none', to: '1.1.0' }],
      }).gates.find((gate) => gate.id === 'empty:core')?.state;
    expect(empty({ isEmpty: true })).toBe('open');
    expect(empty({ isEmpty: false, isBegun: true })).toBe('open');
    expect(empty({ isEmpty: false })).toBe('closed');
  });

  it('accept a mixture only for a run that is taken up again', () => {
    const mixture = {
      instances: [running('web', 1), running('api', 1), running('api', 2, '1.1.0'), running('worker', 1)],
    };
    expect(open(mixture).map((gate) => gate.id)).toEqual(['running']);
    const resumed = planUpgrade(facts(mixture), { ...request, isResumed: true, hops: request.hops.slice(0, 1) });
    expect(resumed.gates.filter((gate) => gate.state !== 'open')).toEqual([]);
  });
});

describe('renderPlan()', () => {
  it('shows path, steps with what can be undone, gates and the next command', () => {
    const text = renderPlan(planUpgrade(facts(), request));
    expect(text).toContain('Path        1.0.0 -> 1.1.0 -> 1.2.0  (stable)');
    expect(text).toMatch(/ {2}Roll api \(2 instances\) to 1\.1\.0, start-first +artifacts go back/);
    expect(text).toContain('carried, not restarted: web (1.0.0)');
    expect(text).toContain('Gates  11 open, 0 closed, 0 unknown');
    const [, number] = /^ +(\d+) {2}Record 1\.1\.0 as completed/m.exec(text) ?? [];
    expect(text).toContain(`Point of no return: step ${number} of 1.0.0 -> 1.1.0. Up to there`);
    expect(text.trimEnd().split('\n').at(-1)).toBe('Next: onward upgrade');
  });
});

describe('planUpgrade() where something was accepted', () => {
  const NOW = '2026-06-01T00:00:00.000Z';
  const proved = (state: ProofFact['state']) => ({
    databases: [{ ...database, proof: { state, evidence: 'seen', findings: [] } }],
  });
  const gateIn = (plan: Plan) => plan.gates.find(({ id }) => id === 'queries:core');

  /** The plan after whoever saw the gate as it is with an unfinished proof has accepted it. */
  function planAccepted(more: Partial<Facts>, wanted: PlanRequest = request) {
    const seen = planUpgrade(facts(proved('unknown')), request).gates.find(({ id }) => id === 'queries:core');
    const acceptance: Acceptance = {
      risk: seen?.risk ?? '',
      content: seen?.content ?? digest('none'),
      release: '1.1.0',
      reason: 'tried it by hand',
      by: 'ana@ops1',
      acceptedAt: NOW,
    };
    return planUpgrade(facts({ ...more, acceptances: { list: [acceptance], now: NOW } }), wanted);
  }

  it('goes through a query proof that could not be finished, for the release that it was accepted for alone', () => {
    expect(gateIn(planUpgrade(facts(proved('unknown')), request))).toMatchObject({
      state: 'unknown',
      risk: 'queries:core',
      command: "onward accept queries:core --reason '...'",
    });
    const accepted = planAccepted(proved('unknown'));
    expect(gateIn(accepted)?.accepted?.by).toBe('ana@ops1');
    expect(accepted.nextCommand).toBe('onward upgrade');
    expect(renderPlan(accepted)).toContain(
      'accepted What services ask of core still works after the expand phase: seen\n        accepted by ana@ops1: tried it by hand',
    );
    const other = planAccepted(proved('unknown'), { ...request, hops: [{ from: '1.0.0', to: '1.2.0' }] });
    expect(gateIn(other)?.accepted).toBeUndefined();
  });

  it('goes through no statement that breaks', () => {
    const broken = planAccepted(proved('breaks'));
    expect(gateIn(broken)).toMatchObject({ state: 'closed' });
    expect(gateIn(broken)?.accepted).toBeUndefined();
    expect(gateIn(broken)?.risk).toBeUndefined();
  });

  it('is another plan with the acceptance than without it', () => {
    const without = planUpgrade(facts(proved('unknown')), request);
    expect(planAccepted(proved('unknown')).digest).not.toBe(without.digest);
    expect(planUpgrade(facts(proved('unknown')), request).digest).toBe(without.digest);
  });
});

describe("planUpgrade() with the product's own migration commands", () => {
  const schema: MigrationCommand = {
    name: 'schema',
    service: 'api',
    command: ['node', 'migrate.js'],
    phase: 'expand',
    timeoutMs: 60_000,
    runs: 'if-needed',
    check: { kind: 'sql', database: 'core', query: 'select 1', expect: '1', timeoutMs: 1_000 },
    databases: ['core'],
  };
  const oneHop: PlanRequest = { ...request, hops: [{ from: '1.0.0', to: '1.2.0' }] };

  /** The facts, with these commands in these releases. */
  function withCommands(commands: { readonly [version: string]: readonly MigrationCommand[] }): Facts {
    const releases = RELEASES.map((found) => {
      const migrationCommands = commands[found.version];
      return migrationCommands ? { ...found, rollback: { until: 'roll' as const }, migrationCommands } : found;
    });
    return facts({ releases: new Map(releases.map((found) => [found.version, found])) });
  }

  const gatesOf = (plan: Plan) => plan.gates.filter(({ id }) => id.startsWith('migration-command:'));

  it('runs them behind the migrations of their phase, and says that nobody has judged them', () => {
    const plan = planUpgrade(withCommands({ '1.1.0': [schema] }), request);
    const step = plan.hops[0]?.steps.find(({ kind }) => kind === 'expand');
    expect(step).toMatchObject({
      title: 'Apply 1 expand migration, run 1 migration command',
      rollback: 'stays-expanded',
      commands: [schema],
    });
    const text = renderPlan(plan);
    expect(text).toContain(
      '      core  core/v1.1.0/expand/001_change.sql\n      schema  api: node migrate.js  (up to 1m 00s; done when "select 1" gives 1 in core)\n',
    );
    expect(text).toContain(
      "note    Migration command schema of 1.1.0 (api: node migrate.js) is the product's own: it was not judged by lint",
    );
    expect(gatesOf(plan)).toEqual([]);
  });

  it('is past return with a postdeploy command that the old release does not tolerate', () => {
    const plan = planUpgrade(withCommands({ '1.2.0': [{ ...schema, phase: 'postdeploy' }] }), {
      ...request,
      hops: [{ from: '1.1.0', to: '1.2.0' }],
    });
    expect(plan.pointOfNoReturn).toBe('1.2.0 postdeploy');
    const [, number] = /^ +(\d+) .*run 1 migration command +forward only$/im.exec(renderPlan(plan)) ?? [];
    expect(renderPlan(plan)).toContain(`Point of no return: step ${number} of 1.1.0 -> 1.2.0.`);
    expect(plan.hops[0]?.steps.find(({ kind }) => kind === 'postdeploy')).toMatchObject({ rollback: 'forward-only' });
    expect(
      renderPlan(planUpgrade(withCommands({ '1.2.0': [{ ...schema, check: { kind: 'exit-code' } }] }), oneHop)),
    ).toContain('Its exit code alone is believed.');
  });

  it('does not jump over a command that the target does not have, and does over one that it has', () => {
    const jumped = planUpgrade(withCommands({ '1.1.0': [schema] }), oneHop);
    expect(gatesOf(jumped)).toEqual([
      {
        id: 'migration-command:1.1.0/schema',
        title: 'Migration command schema of 1.1.0 has run before 1.2.0',
        state: 'closed',
        evidence: 'it belongs to 1.1.0, which the path jumps over, and 1.2.0 has none of that name',
        command: 'onward upgrade --version 1.1.0',
      },
    ]);
    expect(gatesOf(planUpgrade(withCommands({ '1.1.0': [schema], '1.2.0': [schema] }), oneHop))).toEqual([]);
    const { catalog, ...rest } = withCommands({ '1.1.0': [schema] });
    const releases = catalog.releases.map((entry) =>
      entry.version === '1.1.0' ? { ...entry, withdrawn: { reason: 'wrong' } } : entry,
    );
    expect(gatesOf(planUpgrade({ ...rest, catalog: { ...catalog, releases } }, oneHop))).toEqual([]);
  });

  it('does not begin where a command is only known to Compose, and the service runs otherwise', () => {
    const inCompose = { ...schema, command: [], composeService: 'db-setup' };
    expect(gatesOf(planUpgrade(withCommands({ '1.1.0': [inCompose] }), request))).toMatchObject([
      {
        state: 'closed',
        evidence: 'it is service db-setup of compose.yaml, and api is run by the runtime process here',
      },
    ]);
    const both = { ...inCompose, command: ['node', 'migrate.js'] };
    expect(gatesOf(planUpgrade(withCommands({ '1.1.0': [both] }), request))).toEqual([]);
  });
});
