import { describe, expect, it } from 'vitest';
import { proposeForProject } from '../propose/propose.ts';
import { project } from '../test-support.ts';

it('x', () => {
  const p = project({
    name: 'terragnos',
    secrets: { db: { file: '/srv/terragnos/secrets/db' } },
    services: {
      db: {
        image: 'postgis/postgis:15',
        volumes: [{ type: 'volume', source: 'data', target: '/var/lib/postgresql/data' }],
        healthcheck: { test: ['CMD-SHELL', 'pg_isready -U core'] },
      },
      redis: { image: 'redis:7-alpine' },
      'db-setup': {
        image: 'ghcr.io/terragnos/core:1.4.2',
        profiles: ['setup'],
        command: ['node', 'dist/scripts/migrate.js'],
        environment: {
          POSTGRES_HOST: 'db',
          POSTGRES_USER: 'core',
          POSTGRES_DB: 'core',
          POSTGRES_PASSWORD_FILE: '/run/secrets/db',
        },
        secrets: [{ source: 'db', target: 'db' }],
      },
      api: {
        image: 'ghcr.io/terragnos/core:1.4.2',
        environment: { DATABASE_URL: 'postgres://core:very-secret@db:5432/core' },
        depends_on: {
          db: { condition: 'service_healthy' },
          'db-setup': { condition: 'service_completed_successfully' },
        },
        ports: [{ target: 3000, published: '3000', protocol: 'tcp' }],
        healthcheck: { test: ['CMD-SHELL', 'curl -f http://localhost:3000/v1/health/ready || exit 1'] },
        stop_grace_period: '1m30s',
      },
      worker: {
        image: 'ghcr.io/terragnos/core:1.4.2',
        command: ['node', 'dist/worker.js'],
        environment: { DATABASE_URL: 'postgres://core:very-secret@db:5432/core' },
        depends_on: { api: { condition: 'service_started' } },
      },
      scheduler: { image: 'ghcr.io/terragnos/core:1.4.2', command: ['node', 'dist/scheduler.js'] },
      web: { build: { context: './web' }, environment: { API_URL: 'http://api:3000' } },
      edge: { image: 'nginx:1.25', ports: [{ target: 80, published: '80' }] },
    },
    containers: { 'db-setup': [], worker: [{}, {}] },
    written: { api: { DATABASE_URL: 'postgres://core:${DB_PASSWORD}@db:5432/core' } },
    configurations: {
      edge: [
        {
          path: '/srv/terragnos/nginx.conf',
          text: 'upstream x { server api:3000; } location / { proxy_pass http://web:8080; }',
        },
      ],
    },
  });
  const q = proposeForProject(p, '/srv/terragnos');
  expect(1).toBe(1);
});
