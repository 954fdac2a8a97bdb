import { describe, expect, it } from 'vitest';
import { createVendor } from '../../../test/support/vendor.ts';
import { project, type TestProject } from '../test-support.ts';
import { checkProposal } from './check-proposal.ts';
import { proposeForProject } from './propose.ts';

const IMAGE = 'ghcr.io/terragnos/core:1.4.2';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const DATABASE = { DATABASE_URL: 'postgres://core:very-secret@db:5432/core' };

/** An API on a fixed host port behind nginx too, workers, a scheduler, a web that is built here, and migrations under a profile. */
const TERRAGNOS: TestProject = {
  name: 'terragnos',
  secrets: { db: { file: '/srv/terragnos/secrets/db' } },
  services: {
    db: { image: 'postgis/postgis:15' },
    'db-setup': {
      image: IMAGE,
      profiles: ['setup'],
      command: ['node', 'dist/scripts/migrate.js'],
      environment: { POSTGRES_HOST: 'db', POSTGRES_USER: 'core', POSTGRES_PASSWORD_FILE: '/run/secrets/db' },
      secrets: [{ source: 'db', target: 'db' }],
    },
    api: {
      image: IMAGE,
      environment: DATABASE,
      depends_on: { db: { condition: 'service_healthy' }, 'db-setup': { condition: 'service_completed_successfully' } },
      ports: [{ target: 3000, published: '3000' }],
      healthcheck: { test: ['CMD-SHELL', 'curl -f http://localhost:3000/v1/health/ready || exit 1'] },
      stop_grace_period: '1m30s',
    },
    worker: {
      image: IMAGE,
      command: ['node', 'dist/worker.js'],
      environment: DATABASE,
      depends_on: { api: { condition: 'service_started' } },
    },
    web: { build: { context: './web' } },
    edge: { image: 'nginx:1.25', ports: [{ target: 80, published: '80' }] },
  },
  containers: {
    db: [{ published: [{ hostIp: '127.0.0.1', hostPort: 5432, target: 5432 }] }],
    'db-setup': [],
    worker: [{}, {}],
  },
  configurations: { edge: [{ path: '/srv/terragnos/nginx.conf', text: 'location / { proxy_pass http://web:8080; }' }] },
};

const proposal = proposeForProject(project(TERRAGNOS), '/srv/terragnos');

describe('proposeForProject()', () => {
  it('proposes an onward.yaml in which every line that was decided has its reason', () => {
    expect(proposal.deployment).toBe(`\
# Proposed by "onward adopt" from what runs. Read each line; those that say "could not tell" need your word.
deployment: terragnos
releases: { source: ./releases, channel: stable }
databases:
  core:
    # url: port 5432 of db is published there; db-setup, api, worker connect to db:5432
    url: "postgres://core@127.0.0.1:5432/core"
    # the file that POSTGRES_PASSWORD_FILE reads
    passwordFile: /srv/terragnos/secrets/db
services:
  db-setup:
    # a service of the product (a guess): api and worker have the same image repository, and it is no known database
    runtime: compose
    # roll: api waits until it has completed
    roll: one-shot
  api:
    # a service of the product (a guess): db-setup and worker have the same image repository, and it is no known
    # database
    runtime: compose
    # port: it is published
    port: 3000
    # roll: once HAProxy holds host port 3000, as "onward adopt traffic" makes it; until then it would be stop-first
    roll: start-first
    # ready: its health check asks http://localhost:3000/v1/health/ready
    ready: { http: /v1/health/ready }
    switch:
      haproxy:
        socket: ./haproxy/run/admin.sock
        backend: api
        file: ./haproxy/backends/api.cfg
        master: ./haproxy/run/master.sock
        listen: "0.0.0.0:3000"
    # grace: stop_grace_period of compose.yaml
    grace: "90s"
  worker:
    # a service of the product (a guess): db-setup and api have the same image repository, and it is no known database
    runtime: compose
    # replicas: 2 run
    replicas: 2
    # roll (a guess): it listens on no port: a worker, of which old and new may run at once
    roll: overlap
    # ready (a guess): it has no health check and listens on no known port
    ready: { up: 2s }
  web:
    runtime: compose
    # port: nginx.conf of edge names it
    port: 8080
    # roll: it holds no port of the host, so old and new can run at once
    roll: start-first
    # onward could not tell: ready: it has no health check; a path that answers 200 when it can work says more
    ready: { tcp: true }
    switch:
      haproxy:
        socket: ./haproxy/run/admin.sock
        backend: web
        file: ./haproxy/backends/web.cfg
        master: ./haproxy/run/master.sock

# db is left alone, as a stateful service: postgis is a database
# edge is nginx in front of web: it stays in front as it is and cannot be the switch: nginx changes targets by reloading
# or by discovery, which cuts idle connections. "onward adopt traffic" puts HAProxy between it and the services, under
# their names, so its configuration stays; nginx looks names up when it starts: reload it once after that
`);
  });

  it('proposes a product.yaml whose first release is what runs', () => {
    expect(proposal.product).toBe(`\
# Proposed by "onward adopt": what a release consists of. The images are those that run now, by content.
# product (a guess): its images stand under this name
product: terragnos
databases:
  # the image of db is of version 15
  core: { server: ">=15" }
services:
  db-setup:
    database: core
    # image (a guess): it has no container, and api runs ghcr.io/terragnos/core:1.4.2 as this
    image: "ghcr.io/terragnos/core@${DIGEST}"
    # of later releases: image: "ghcr.io/terragnos/core:\${version}"
  api:
    database: core
    # image: ghcr.io/terragnos/core:1.4.2 runs as this
    image: "ghcr.io/terragnos/core@${DIGEST}"
    # of later releases: image: "ghcr.io/terragnos/core:\${version}"
    after: [db-setup]
  worker:
    database: core
    # image: ghcr.io/terragnos/core:1.4.2 runs as this
    image: "ghcr.io/terragnos/core@${DIGEST}"
    # of later releases: image: "ghcr.io/terragnos/core:\${version}"
    after: [api]
  web:
    # onward could not tell: image: by which digest a registry knows terragnos-web: it was built or loaded here
    # (sha256:111111111111); push it, then pull it by its digest
    image: "registry.example/name:version"
`);
  });

  it('lists what it could not tell, and the version that runs', () => {
    expect(proposal.unknowns).toEqual([
      'ready of web: it has no health check; a path that answers 200 when it can work says more',
      expect.stringMatching(/^image of web: by which digest a registry knows terragnos-web: /),
    ]);
    expect(proposal.version).toBe('1.4.2');
  });

  it('holds no secret, in the files or in what was decided', () => {
    expect(JSON.stringify(proposal)).not.toContain('very-secret');
  });

  it('names the project where Compose would not find it by itself', () => {
    const told = { ...project(TERRAGNOS), files: ['/srv/terragnos/prod.yaml'], isNameTold: true };
    expect(proposeForProject(told, '/srv').deployment).toContain(
      'compose:\n  folder: ./terragnos\n  files: [prod.yaml]\n  project: terragnos\n',
    );
  });
});

describe('checkProposal()', () => {
  it('reads the proposed texts as every command would, and writes nothing', async () => {
    const vendor = await createVendor();
    const folder = `${vendor.folder}/adopted`;
    expect(await checkProposal(vendor.system, { folder, ...proposal })).toEqual([]);
    const wrong = { folder, ...proposal, deployment: proposal.deployment.replace('roll: overlap', 'roll: sideways') };
    expect(await checkProposal(vendor.system, wrong)).toEqual([expect.stringMatching(/onward.yaml:\d+:11: .*roll/)]);
    expect(await vendor.system.files.exists(folder)).toBe(false);
    await vendor.remove();
  });
});
