import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { createProject, docker, removeProject } from './docker.ts';
import { eventually } from './eventually.ts';
import { haproxyImage, nodeImage, postgresImage } from './images.ts';
import { buildServiceImage } from './service-image.ts';

const project = createProject('support');

afterEach(() => removeProject(project));

describe('the images of the tests with Docker', () => {
  it('are built once', async () => {
    const created = await docker(['image', 'inspect', '--format', '{{.Created}}', await nodeImage()]);
    expect(await docker(['image', 'inspect', '--format', '{{.Created}}', await nodeImage()])).toBe(created);
  });

  it('hold a HAProxy that runs', async () => {
    const said = await docker(['run', '--rm', '--name', `${project}-proxy`, await haproxyImage(), 'haproxy', '-v']);
    expect(said).toMatch(/^HAProxy version 2\./);
  });

  it('hold a Postgres that asks for the password, and keeps its data', async () => {
    const image = await postgresImage();
    const start = ['run', '--detach', '--name', `${project}-db`, '--publish', '127.0.0.1::5432'];
    const volume = ['--volume', `${project}-data:/var/lib/postgresql/data`];
    const variables = ['--env', 'POSTGRES_PASSWORD=first', '--env', 'POSTGRES_DB=shop'];
    await docker([...start, ...volume, ...variables, image]);
    await expect(ask('wrong', 'select 1')).rejects.toThrow('password authentication failed');
    expect(await ask('first', 'create table orders as select 7 as id')).toEqual([]);
    await docker(['rm', '--force', `${project}-db`]);
    await docker([...start, ...volume, '--env', 'POSTGRES_PASSWORD=unused', image]);
    expect(await ask('first', 'select id from orders')).toEqual([{ id: 7 }]);
  });

  it('hold services of several versions', async () => {
    for (const [tag, base] of [
      ['1.0.0', 'node'],
      ['2.0.0', 'node'],
      ['3.0.0', 'busybox'],
    ] as const) {
      const image = await buildServiceImage({ project, name: 'api', tag, base, labels: { 'vendor.kind': 'a "b"' } });
      await docker(['run', '--detach', '--name', `${project}-${tag}`, '--publish', '127.0.0.1::8080', image]);
      const address = await docker(['port', `${project}-${tag}`, '8080']);
      const answer = await eventually(() => fetch(`http://${address}/version`).catch(() => undefined), Boolean);
      expect(await answer?.json()).toMatchObject({ version: tag });
      expect(await docker(['image', 'inspect', '--format', '{{index .Config.Labels "vendor.kind"}}', image])).toBe(
        'a "b"',
      );
    }
  });
});

describe('removeProject()', () => {
  it('leaves nothing of the project, and everything of others', async () => {
    const other = createProject('support-other');
    const images: string[] = [];
    for (const owner of [project, other]) {
      images.push(await buildServiceImage({ project: owner, name: 'api', tag: '1' }));
      await docker(['network', 'create', `${owner}-net`]);
      await docker(['volume', 'create', `${owner}-data`]);
      await docker(['create', '--name', `${owner}-api`, '--network', `${owner}-net`, `${owner}/api:1`]);
    }
    await removeProject(project);
    expect(await namesOf(project)).toEqual([]);
    expect(await namesOf(other)).toHaveLength(4);
    await removeProject(other);
    expect(await namesOf(other)).toEqual([]);
  });
});

async function ask(password: string, sql: string): Promise<readonly unknown[]> {
  return eventually(
    async () => {
      const address = await docker(['port', `${project}-db`, '5432']);
      const client = new pg.Client(`postgres://postgres:${password}@${address}/shop`);
      // A server that still starts closes connections.
      const isUp = await client.connect().then(
        () => true,
        (error: Error) => {
          if (error.message.includes('password')) throw error;
          return false;
        },
      );
      if (!isUp) return undefined;
      return (await client.query(sql).finally(() => client.end())).rows;
    },
    (rows) => rows !== undefined,
    30_000,
  ) as Promise<readonly unknown[]>;
}

async function namesOf(owner: string): Promise<readonly string[]> {
  const found = await Promise.all([
    docker(['ps', '--all', '--format', '{{.Names}}']),
    docker(['network', 'ls', '--format', '{{.Name}}']),
    docker(['volume', 'ls', '--format', '{{.Name}}']),
    docker(['image', 'ls', '--format', '{{.Repository}}']),
  ]);
  return found.flatMap((names) => names.split('\n')).filter((name) => name.startsWith(owner));
}
