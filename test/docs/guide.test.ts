import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLint } from '../../src/lint/index.ts';
import { applyMigrations, readMigrations } from '../../src/migrate/index.ts';
import type { MigrationPhase } from '../../src/model/index.ts';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  type Session,
  startEmbeddedPostgres,
} from '../../src/system/index.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
const guide = await readFile(resolve(import.meta.dirname, '../../docs/guide.md'), 'utf8');

interface Change {
  readonly title: string;
  readonly blocks: readonly { readonly kind: string; readonly isNotx: boolean; readonly sql: string }[];
}

const CHANGES: readonly Change[] = guide
  .split(/^## /m)
  .slice(1)
  .map((section) => ({
    title: section.slice(0, section.indexOf('\n')),
    blocks: [...section.matchAll(/^```sql (\w+)( notx)?\n([\s\S]*?)^```$/gm)].map(([, kind = '', notx, sql = '']) => ({
      kind,
      isNotx: notx !== undefined,
      sql,
    })),
  }));

let server: EmbeddedPostgres;
let folder: string;
beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  folder = await mkdtemp(join(tmpdir(), 'onward-guide-'));
});
afterAll(async () => {
  await server?.remove();
  await rm(folder, { recursive: true, force: true });
});

const RELEASES: Readonly<Record<string, string>> = {
  before: '1.0.0/expand',
  expand: '2.0.0/expand',
  postdeploy: '2.0.0/postdeploy',
  contract: '3.0.0/contract',
};

/** The change as a vendor would ship it: what was there, the next release, and the one that removes the old shape. */
async function writeChange({ title, blocks }: Change): Promise<string> {
  const own = join(folder, title.replace(/\W+/g, '-'));
  for (const [index, { kind, isNotx, sql }] of blocks.entries()) {
    const place = RELEASES[kind];
    if (place === undefined) continue;
    const path = join(
      own,
      'migrations',
      place,
      `${String(index + 1).padStart(3, '0')}_step${isNotx ? '.notx' : ''}.sql`,
    );
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, sql);
  }
  await writeFile(join(own, 'old.sql'), sqlOf(blocks, 'old'));
  return own;
}

function sqlOf(blocks: Change['blocks'], kind: string): string {
  return blocks.flatMap((block) => (block.kind === kind ? [block.sql] : [])).join('\n');
}

async function connect(name: string): Promise<{ readonly session: Session; readonly url: string }> {
  const admin = await open('postgres');
  await admin.query(`create database "${name}"`);
  await admin.close();
  return { session: await open(name), url: `${server.url}/${name}` };
}

async function open(database: string): Promise<Session> {
  const url = `${server.url}/${database}`;
  const target = await resolveConnectionTarget({ url, origin: 'test', environment: {} });
  return system.postgres.connect(target, { applicationName: 'guide' });
}

describe('the guide', () => {
  it('has twenty changes, each with what was there, what the old version asks and what the new one asks', () => {
    expect(CHANGES).toHaveLength(20);
    for (const { title, blocks } of CHANGES) {
      const kinds = new Set(blocks.map(({ kind }) => kind));
      expect([title, kinds.has('before'), kinds.has('old'), kinds.has('new')]).toEqual([title, true, true, true]);
      expect([
        title,
        [...kinds].filter((kind) => !(kind in RELEASES) && !['old', 'new', 'fill'].includes(kind)),
      ]).toEqual([title, []]);
    }
  });
});

describe.each(CHANGES.map((change) => [change.title, change] as const))('%s', (title, change) => {
  it('is clean under every rule, and breaks nothing that the old version asks', async () => {
    const own = await writeChange(change);
    const { report } = await runLint(system, {
      paths: [join(own, 'migrations')],
      server: 15,
      queries: join(own, 'old.sql'),
      isShipped: (path) => path.includes('/1.0.0/'),
    });
    const errors = report.findings.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ rule, message, statement }) => `${rule}: ${message} (${statement})`)).toEqual([]);
    expect(report.summary.proof).toMatchObject({ breaks: 0, notProvable: 0, coverage: 1 });
    expect(report.summary.proof?.statements).toBeGreaterThan(0);
  });

  it('ends where the new version wants it, with rows in the tables', async () => {
    const own = await writeChange(change);
    const { files } = await readMigrations(system, join(own, 'migrations'), { database: 'core' });
    const { session, url } = await connect(`guide_${title.replace(/\W+/g, '_').toLowerCase()}`);
    const target = await resolveConnectionTarget({ url, origin: 'test', environment: {} });
    const apply = (phases: readonly MigrationPhase[], upTo: string) =>
      applyMigrations(system, { database: 'core', target, files, phases, release: upTo, upTo, run: 'guide' });
    try {
      await apply(['expand'], '1.0.0');
      await insertRows(session, change);
      await apply(['expand'], '2.0.0');
      const fill = sqlOf(change.blocks, 'fill');
      if (fill !== '') {
        const changed: number[] = [];
        while (changed.at(-1) !== 0 && changed.length < 10) changed.push((await session.query(fill)).count);
        expect([title, changed.at(-1)]).toEqual([title, 0]);
      }
      await apply(['postdeploy'], '2.0.0');
      await apply(['contract'], '3.0.0');
      for (const [index, sql] of statements(sqlOf(change.blocks, 'new')).entries()) {
        await session.query(`prepare new_${index} as ${sql}`);
      }
    } finally {
      await session.close();
    }
  });
});

function statements(sql: string): readonly string[] {
  return sql
    .split(';\n')
    .map((text) => text.trim().replace(/;$/, ''))
    .filter((text) => text !== '');
}

/** A few rows in the way that the old version writes them. */
async function insertRows(session: Session, { blocks }: Change): Promise<void> {
  const inserts = statements(sqlOf(blocks, 'old')).filter((sql) => sql.startsWith('insert'));
  for (const [index, sql] of inserts.entries()) {
    await session.query(`prepare old_${index} as ${sql}`);
    const parameters = new Set(sql.match(/\$\d+/g)).size;
    for (let row = 1; row <= 3; row += 1) {
      const values = Array.from({ length: parameters }, (_, position) =>
        position === 0 ? `'${index * 10 + row}'` : `'${row}'`,
      );
      await session.query(`execute old_${index} (${values.join(', ')})`);
    }
    await session.query('deallocate all');
  }
}
