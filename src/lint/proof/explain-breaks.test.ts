import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser } from '../../system/index.ts';
import type { LintFile } from '../lint-file.ts';
import { explainBreaks } from './explain-breaks.ts';
import { proveStatements } from './prove-statements.ts';
import { type ProofServer, startProofServer } from './test-support.ts';

const BEFORE = `create table customer (id int primary key, name text not null, email text);
  create table orders (id int primary key, customer int references customer, total int not null);`;

const FILES = {
  '001_note.sql': 'alter table orders add column note text;\ncreate index on orders (note);',
  '002_email.sql':
    '-- moves the address\n\nbegin;\nalter table orders add column email text;\n  alter table customer\n  rename column name to full_name;\ncommit;',
  '003_total.sql': 'select 1;\nalter table orders alter column total type bigint;',
  '004_check.sql':
    'alter table orders add constraint positive check (total > 0);\nalter table orders add column last text;',
};

const STATEMENTS = [
  'select id from orders where id = $1',
  'select o.id from orders o join customer c on c.id = o.customer where email = $1',
  'update customer set name = $1 where id = $2',
  'select total from orders',
  'update orders set total = $1 where id = $2',
];

let server: ProofServer;
beforeAll(async () => {
  server = await startProofServer();
});
afterAll(() => server?.close());

async function readFiles(files: { readonly [path: string]: string }): Promise<readonly LintFile[]> {
  const parser = await loadSqlParser();
  return Object.entries(files).map(([path, text]) => ({
    path,
    layout: 'plain',
    database: '',
    release: '',
    phase: 'expand',
    order: path,
    text,
    isNotx: false,
    statements: parser.split(text, path),
    isTransactional: true,
    isShipped: false,
  }));
}

async function explain(files: { readonly [path: string]: string }) {
  const before = await server.createDatabase(BEFORE);
  const after = await server.createDatabase(BEFORE + Object.values(files).join('\n'));
  const statements = STATEMENTS.map((sql) => ({ sql, calls: 1 }));
  const report = await proveStatements(server.system, { before, after, statements });
  const explained = await explainBreaks(server.system, report, {
    files: await readFiles(files),
    before,
    statements,
    createDatabase: async () => ({ target: await server.createDatabase(BEFORE), drop: async () => {} }),
  });
  return explained.statements.map(({ verdict }) => {
    const cause = 'cause' in verdict ? verdict.cause : undefined;
    return cause ? `${verdict.kind} at ${cause.file}:${cause.line}:${cause.column} ${cause.statement}` : verdict.kind;
  });
}

describe('explainBreaks()', () => {
  it('points at the statement of the migration behind which a statement is not as it was', async () => {
    expect(await explain(FILES)).toEqual([
      'same',
      'breaks at 002_email.sql:4:1 alter table orders add column email text',
      'breaks at 002_email.sql:5:3 alter table customer rename column name to full_name',
      'shape changed at 003_total.sql:2:1 alter table orders alter column total type bigint',
      'breaks at 004_check.sql:1:1 alter table orders add constraint positive check (total > 0)',
    ]);
  });
});
