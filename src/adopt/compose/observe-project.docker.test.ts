import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, docker, removeProject } from '../../../test/support/docker.ts';
import { busyboxImage, postgresImage } from '../../../test/support/images.ts';
import { buildServiceImage } from '../../../test/support/service-image.ts';
import { createSystem } from '../../system/index.ts';
import { checkProposal } from '../propose/check-proposal.ts';
import { type Proposal, proposeForProject } from '../propose/propose.ts';
import { observeProject } from './observe-project.ts';

const project = createProject('adopt');
const system = createSystem({ environment: process.env, onEvent: () => {} });
let folder: string;
let before: readonly string[];
let proposal: Proposal;

/** Anchors and merges, a profile, a one-shot, two files, variables with defaults and a file with secrets. */
const COMPOSE = `
name: ${project}
x-app: &app
  image: $IMAGE
  environment: &environment
    DATABASE_URL: postgres://postgres:\${DB_PASSWORD}@db:5432/shop
services:
  db:
    image: $POSTGRES
    environment: { POSTGRES_PASSWORD: "\${DB_PASSWORD}", POSTGRES_DB: shop }
    volumes: [ "data:/var/lib/postgresql/data" ]
    ports: [ "127.0.0.1::5432" ]
  prepare:
    image: $BUSYBOX
    command: [ "true" ]
  api:
    <<: *app
    depends_on:
      prepare: { condition: service_completed_successfully }
      db: { condition: service_started }
    healthcheck: { test: "wget -qO- http://127.0.0.1:8080/ready", interval: 1h }
  worker:
    <<: *app
    environment: { <<: *environment, QUEUE: main }
    depends_on: [ api ]
  setup:
    <<: *app
    profiles: [ setup ]
    command: [ node, migrate.mjs ]
volumes: { data: {} }
`;
const MORE = `
services:
  api: { ports: [ "127.0.0.1::8080" ], scale: 2 }
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), `${project}-`));
  const image = await buildServiceImage({ project, name: 'api', tag: '1.0.0' });
  const text = COMPOSE.replaceAll('$IMAGE', image)
    .replace('$POSTGRES', await postgresImage())
    .replace('$BUSYBOX', await busyboxImage());
  await mkdir(join(folder, 'secrets'));
  await writeFile(join(folder, 'compose.yaml'), text);
  await writeFile(join(folder, 'more.yaml'), MORE);
  await writeFile(join(folder, '.env'), 'DB_PASSWORD=a-real-secret\n');
  await docker(['compose', '-f', 'compose.yaml', '-f', 'more.yaml', 'up', '--detach', '--quiet-pull'], { cwd: folder });
  before = await look();
  proposal = proposeForProject(await observeProject(system, { folder, files: [], envFiles: [] }), folder);
});
afterAll(async () => {
  await removeProject(project);
  await rm(folder, { recursive: true, force: true });
});

/** Containers with their start times, networks, volumes, and every file. */
async function look(): Promise<readonly string[]> {
  const ids = await docker(['ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${project}`]);
  const format = '{{.Id}} {{.State.StartedAt}} {{.State.Status}} {{.RestartCount}} {{json .NetworkSettings.Networks}}';
  const names = (await readdir(folder, { recursive: true })).sort();
  const texts = await Promise.all(
    names.map((name) =>
      readFile(join(folder, name), 'utf8').then(
        (text) => `${name}\n${text}`,
        () => name,
      ),
    ),
  );
  return [...(await docker(['inspect', '--format', format, ...ids.split('\n')])).split('\n').sort(), ...texts];
}

describe('observeProject()', () => {
  it('sees every service of every profile, with the files that the containers were made from', () => {
    const decided = proposal.adopted.services.map(({ name, roll, replicas }) => [name, roll.value, replicas.value]);
    expect(decided).toEqual([
      ['api', 'start-first', 2],
      ['prepare', 'one-shot', 1],
      ['setup', 'one-shot', 1],
      ['worker', 'overlap', 1],
    ]);
    expect(proposal.deployment).toContain('compose:\n  files: [compose.yaml, more.yaml]\n');
  });

  it('finds the database where this machine reaches it, and leaves its password where it is', async () => {
    const [db = ''] = (await docker(['compose', 'port', 'db', '5432'], { cwd: folder })).split('\n');
    expect(proposal.adopted.databases).toMatchObject([
      { name: 'shop', services: ['api', 'setup', 'worker'], password: { variable: 'DB_PASSWORD' } },
    ]);
    expect(proposal.deployment).toContain(`url: "postgres://postgres@${db}/shop"`);
    expect(JSON.stringify(proposal)).not.toContain('a-real-secret');
    expect(system.redaction.apply('it is a-real-secret')).toBe('it is ***');
  });

  it('proposes files that load', async () => {
    expect(await checkProposal(system, { folder, ...proposal })).toEqual([]);
  });

  it('changes nothing: the same containers, started when they were, and the same files', async () => {
    expect(await look()).toEqual(before);
  });

  it('refuses a project of which nothing runs, and a folder without one', async () => {
    const files = { files: [], envFiles: [] };
    await expect(observeProject(system, { folder, ...files, project: `${project}-no` })).rejects.toMatchObject({
      code: 'adopt.nothing-runs',
    });
    await expect(observeProject(system, { folder: join(folder, 'secrets/none'), ...files })).rejects.toMatchObject({
      code: 'adopt.compose-unreadable',
    });
  });
});
