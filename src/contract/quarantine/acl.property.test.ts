import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLedger } from '../../migrate/index.ts';
import type { DoomedObject } from '../../model/index.ts';
import type { Session } from '../../system/index.ts';
import { startTestServer, type TestServer } from '../test-support.ts';
import { beginQuarantine } from './begin-quarantine.ts';
import { endQuarantine } from './end-quarantine.ts';
import { createRequest, explodeAcls } from './test-support.ts';

const ROLES = ['ann', 'bob', 'cid', 'team'] as const;
const COLUMNS = ['a', 'b', 'c'] as const;

const role = fc.constantFrom(...ROLES);
const privilege = fc.constantFrom('select', 'update', 'delete', 'all');
const onColumn = fc.constantFrom('select', 'update');

// Chains come about only where the owner lets many pass on what they have.
const grantor = fc.constantFrom('holder', 'holder', 'holder', ...ROLES);
const grant = fc
  .record({
    as: grantor,
    what: fc.oneof(
      privilege,
      fc.tuple(onColumn, fc.subarray([...COLUMNS], { minLength: 1 })).map(([name, columns]) => `${name} (${columns})`),
    ),
    to: fc.option(role, { nil: 'public' }),
    isGrantable: fc.constantFrom(true, true, false),
  })
  .map(({ as, what, to, isGrantable }) => {
    const option = isGrantable && to !== 'public' ? ' with grant option' : '';
    return `set local role ${as}; grant ${what} on t to ${to}${option}`;
  });
const revoke = fc
  .record({ as: grantor, what: privilege, from: role, how: fc.constantFrom('', ' cascade') })
  .map(({ as, what, from, how }) => `set local role ${as}; revoke ${what} on t from ${from}${how}`);

const doomed = fc.oneof(
  fc.constant<readonly DoomedObject[]>([{ kind: 'table', schema: 'public', table: 't' }]),
  fc
    .subarray([...COLUMNS], { minLength: 1, maxLength: 2 })
    .map((columns) =>
      columns.map<DoomedObject>((column) => ({ kind: 'column', schema: 'public', table: 't', column })),
    ),
);

describe.each(['14', '18'] as const)('quarantine on Postgres %s, over random privileges', (version) => {
  let server: TestServer;
  let admin: Session;
  const sessions: Session[] = [];

  beforeAll(async () => {
    server = await startTestServer({ version });
    admin = await server.createDatabase(`create role holder; create role team; create role ann login in role team;
      create role bob login; create role cid login; create role operator login in role holder, ann, bob, cid, team`);
    await createLedger(server.system, admin);
    await admin.query(`insert into onward.fence (deployment, epoch) values ('acme', 3);
      grant usage on schema onward to operator; grant all on all tables in schema onward to operator`);
    sessions.push(admin, await server.connect({ user: 'operator' }));
  });
  afterAll(() => server.close());

  it('takes exactly the rights to what is doomed, keeps those to every other column, and gives all of them back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 8, arbitrary: grant }, { weight: 1, arbitrary: revoke }), {
          minLength: 6,
          maxLength: 16,
        }),
        doomed,
        fc.option(fc.subarray([...ROLES], { minLength: 1 }), { nil: undefined }),
        fc.nat(1),
        async (statements, objects, roles, who) => {
          await admin.query(
            'drop table if exists t; create table t (a int, b int, c int); alter table t owner to holder',
          );
          for (const sql of statements) await admin.transaction(() => admin.query(sql)).catch(() => {});
          const session = sessions[who] ?? admin;
          const before = await explodeAcls(admin);
          const rights = await loadRights(admin);
          const request = createRequest({ doomed: objects, ...(roles ? { roles } : {}) });
          const { quarantine, plan } = await beginQuarantine(server.system, session, request);
          const bound = new Set(plan.losses.map(({ role: name }) => name));
          const gone = objects.map(({ column }) => column);
          for (const [key, had] of await loadRights(admin)) {
            const [name = '', column = ''] = key.split(' ');
            const isGone = gone.includes(undefined) || gone.includes(column);
            const isBound = bound.has(name) || bound.has(null) || (name === 'ann' && bound.has('team'));
            if (isGone && roles?.includes(name as 'ann') && plan.findings.length === 0)
              expect([key, had]).toEqual([key, false]);
            if (!isGone || !isBound) expect([key, had]).toEqual([key, rights.get(key)]);
          }
          const ended = await endQuarantine(server.system, session, { id: quarantine.id, because: 'stopped' });
          expect(ended).toEqual({ because: 'stopped', changed: [] });
          expect(await explodeAcls(admin)).toEqual(before);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Whether each role may do each thing with each column, by any way. */
async function loadRights(session: Session): Promise<ReadonlyMap<string, boolean>> {
  const { rows } = await session.query<{ key: string; had: boolean }>(
    `select concat_ws(' ', r, c, p) as key, has_column_privilege(r, 't', c, p) as had
     from unnest($1::text[]) r, unnest($2::text[]) c, unnest(array['select', 'insert', 'update', 'references']) p`,
    [ROLES, COLUMNS],
  );
  return new Map(rows.map(({ key, had }) => [key, had]));
}
