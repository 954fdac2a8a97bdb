import { describe, expect, it } from 'vitest';
import { project, type TestProject } from '../test-support.ts';
import { adoptProject } from './adopt-project.ts';

const IMAGE = 'registry.opsmill.example/opsmill/infrahub:1.7.5';
const started = { condition: 'service_started' };
const healthy = { condition: 'service_healthy' };

/** A graph database, a broker and a cache, two API servers over one volume, workers of the same image, and a task manager with a Postgres. */
const INFRAHUB: TestProject = {
  name: 'infrahub',
  services: {
    database: { image: 'neo4j:5.20', volumes: [{ type: 'volume', source: 'graph', target: '/data' }] },
    'message-queue': { image: 'rabbitmq:3.13-management', ports: [{ target: 5672, published: '5672' }] },
    cache: { image: 'redis:7.2' },
    'task-manager': {
      image: 'prefecthq/prefect:3',
      command: 'prefect server start --host 0.0.0.0',
      environment: { PREFECT_API_DATABASE_CONNECTION_URL: 'postgresql+asyncpg://flow:flow-secret@task-db:5432/flow' },
      depends_on: { 'task-db': started },
    },
    'task-db': {
      image: 'postgres:16',
      volumes: [{ type: 'volume', source: 'flows', target: '/var/lib/postgresql/data' }],
    },
    infrahub_server: {
      image: IMAGE,
      deploy: { replicas: 2 },
      environment: { INFRAHUB_DB_HOST: 'database', INFRAHUB_WORKFLOW_ADDRESS: 'task-manager' },
      volumes: [{ type: 'volume', source: 'storage', target: '/opt/infrahub/storage' }],
      depends_on: { database: healthy, 'message-queue': healthy, cache: healthy },
      healthcheck: { test: 'curl -s -f -o /dev/null http://localhost:8000/api/schema/summary || exit 1' },
    },
    'task-worker': {
      image: IMAGE,
      command: 'prefect worker start --type infrahubasync --with-healthcheck',
      environment: { INFRAHUB_INTERNAL_ADDRESS: 'http://infrahub_server:8000' },
      depends_on: { infrahub_server: healthy },
    },
  },
  containers: { infrahub_server: [{ exposed: [8000] }, { exposed: [8000] }], 'task-worker': [{ exposed: [8000] }, {}] },
};

describe('adoptProject()', () => {
  const adopted = adoptProject(project(INFRAHUB));
  const service = (name: string) => adopted.services.find((one) => one.name === name);

  it('tells the services of the product from those that no release touches', () => {
    expect(adopted.services.map(({ name, origin }) => [name, origin])).toEqual([
      ['task-manager', 'task-manager'],
      ['infrahub-server', 'infrahub_server'],
      ['task-worker', 'task-worker'],
    ]);
    expect(adopted.others.map(({ name, kind }) => `${name}: ${kind.value}, ${kind.because}`)).toEqual([
      'database: stateful, neo4j is a database',
      'message-queue: stateful, rabbitmq is a broker',
      'cache: stateful, redis is a cache',
      'task-db: stateful, postgres is a database',
    ]);
  });

  it('lets several instances that share a volume already go on sharing it', () => {
    expect(service('infrahub-server')).toMatchObject({
      roll: { value: 'start-first', certainty: 'told' },
      replicas: { value: 2, because: '2 run' },
      port: { value: 8000, because: 'INFRAHUB_INTERNAL_ADDRESS of task-worker names it' },
      ready: { value: { kind: 'http', path: '/api/schema/summary' }, certainty: 'told' },
      mode: 'http',
    });
  });

  it('takes a worker of the same image for a worker, whatever the image exposes', () => {
    expect(service('task-worker')).toMatchObject({
      port: { value: undefined },
      roll: { value: 'overlap' },
      after: ['infrahub-server'],
    });
  });

  it('finds a Postgres behind the URL of a driver, and never keeps its password', () => {
    expect(adopted.databases).toMatchObject([
      { name: 'flow', services: ['task-manager'], user: 'flow', database: 'flow', major: '16' },
    ]);
    expect(JSON.stringify(adopted)).not.toContain('flow-secret');
  });

  it('takes variables of a database that is no Postgres for none', () => {
    expect(adopted.databases.flatMap(({ services }) => services)).not.toContain('infrahub_server');
  });

  it('pins what runs by the digest that a registry knows', () => {
    expect(service('task-worker')?.image).toMatchObject({
      value: `registry.opsmill.example/opsmill/infrahub@sha256:${'a'.repeat(64)}`,
      certainty: 'told',
    });
  });

  it('cannot tell which image a service is whose containers run different ones', () => {
    const containers = { infrahub_server: [{}, { imageId: 'sha256:other' }] };
    const [server] = adoptProject(project({ ...INFRAHUB, containers })).services.filter(
      ({ replicas }) => replicas.value === 2,
    );
    expect(server?.image).toEqual({
      value: undefined,
      certainty: 'unknown',
      because: 'which image infrahub_server is: its 2 containers run 2 different ones',
    });
  });

  it('cannot tell what an unknown image with a volume is, and leaves it alone', () => {
    const services = { store: { image: 'thing:1', volumes: [{ type: 'volume', source: 'd', target: '/data' }] } };
    expect(adoptProject(project({ name: 'shop', services }))).toMatchObject({
      services: [],
      others: [{ name: 'store', kind: { value: 'stateful', certainty: 'unknown' } }],
    });
  });
});

describe('the reach of a database', () => {
  const reach = (db: Readonly<Record<string, unknown>>) => {
    const services = {
      api: { image: 'shop/api:1', environment: { PGHOST: 'db', PGUSER: 'shop', PGPASSWORD: 'not-told' } },
      db: { image: 'postgres:15' },
    };
    return adoptProject(project({ name: 'shop', services, containers: { db: [db] } })).databases[0]?.reach;
  };

  it.each([
    [
      'the published port of its container',
      { published: [{ hostIp: '0.0.0.0', hostPort: 15_432, target: 5432 }] },
      { value: { host: '127.0.0.1', port: 15_432 }, certainty: 'told' },
    ],
    [
      'the address of its container, which does not last',
      { networks: [{ name: 'shop_default', address: '172.20.0.3', aliases: [] }] },
      { value: { host: '172.20.0.3', port: 5432 }, certainty: 'unknown' },
    ],
    ['nothing, where it does not run', { state: 'exited' }, { value: { host: '127.0.0.1' }, certainty: 'unknown' }],
  ])('is %s', (_, db, expected) => {
    expect(reach(db)).toMatchObject(expected);
  });
});
