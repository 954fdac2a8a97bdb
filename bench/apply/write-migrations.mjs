import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Five kinds of small change in turn: new tables, and changes to tables that are there. @param {number} index from 0 */
export function migrationSql(index) {
  const group = Math.floor(index / 5);
  const kinds = [
    `create table item_${group} (id bigint primary key, name text not null);`,
    `alter table item_${group} add column note text not null default '';`,
    `create index item_${group}_name on item_${group} (name);`,
    `insert into item_${group} (id, name) values (1, 'first');`,
    `create view item_${group}_names as select id, name from item_${group};`,
  ];
  return kinds[index % kinds.length];
}

/** What the database holds when all are applied, each once. @param {number} count */
export function expectedObjects(count) {
  const applied = Array.from({ length: count }, (_, index) => index % 5);
  const of = (kind) => applied.filter((each) => each === kind).length;
  return { tables: of(0), columns: of(1), indexes: of(2), views: of(4) };
}

/**
 * The same statements in the layout of each tool.
 *
 * @param {string} folder
 * @param {number} count
 */
export async function writeMigrations(folder, count) {
  const bodies = Array.from({ length: count }, (_, index) => migrationSql(index));
  const folders = {
    onward: join(folder, 'onward'),
    dbmate: join(folder, 'dbmate'),
    nodePgMigrate: join(folder, 'node-pg-migrate'),
    graphileMigrate: join(folder, 'graphile-migrate'),
  };
  const number = (/** @type {number} */ index, width = 3) => String(index + 1).padStart(width, '0');
  await writeAll(
    join(folders.onward, 'core/1.0.0/expand'),
    bodies.map((sql, index) => [`${number(index)}_change.sql`, `${sql}\n`]),
  );
  await writeAll(
    folders.dbmate,
    bodies.map((sql, index) => [
      `20260101${number(index, 6)}_change.sql`,
      `-- migrate:up\n${sql}\n\n-- migrate:down\n`,
    ]),
  );
  await writeAll(
    folders.nodePgMigrate,
    bodies.map((sql, index) => [`1767225${number(index, 6)}_change.sql`, `-- Up Migration\n${sql}\n`]),
  );
  await writeAll(join(folders.graphileMigrate, 'migrations/committed'), chain(bodies, number));
  await writeFile(join(folders.graphileMigrate, 'migrations/current.sql'), '');
  return folders;
}

/** Files of graphile-migrate name the hash of the file before. */
function chain(bodies, number) {
  let previous = '';
  return bodies.map((sql, index) => {
    const hash = `sha1:${createHash('sha1')
      .update(`${`${previous}\n${sql}`.trim()}\n`)
      .digest('hex')}`;
    const text = `--! Previous: ${previous === '' ? '-' : previous}\n--! Hash: ${hash}\n\n${sql}\n`;
    previous = hash;
    return [`${number(index, 6)}.sql`, text];
  });
}

async function writeAll(folder, files) {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
}
