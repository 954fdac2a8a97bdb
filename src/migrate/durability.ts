import { quoteLiteral } from '../sql/index.ts';
import type { Session } from '../system/index.ts';
import type { Engine } from './engine.ts';
import type { MigrationFile } from './migration-file.ts';

/**
 * Whether the commit of a file waits until it is on disk. The next file's commit takes it along when that is a transaction of the same run;
 * until then a server that crashes loses the last files, each together with its record, so the next run applies them again. Not so when
 * somebody notes each file elsewhere: such a note would outlive what it is about.
 */
export function waitsForDisk(
  file: MigrationFile,
  next: MigrationFile | undefined,
  notes: { readonly isEachNoted: boolean },
): boolean {
  return notes.isEachNoted || !file.transactional || next?.transactional !== true;
}

/**
 * The `synchronous_commit` of a commit that waits: the role's own, because it says how far synchronous replicas are waited for. Where it is
 * off, `local` at least waits for this server's disk.
 */
export async function loadDurableCommit(session: Session): Promise<string> {
  const { rows } = await session.query<{ value: string }>(
    `select pg_catalog.current_setting('synchronous_commit') as value`,
  );
  const value = rows[0]?.value ?? 'on';
  return value === 'off' ? 'local' : value;
}

/**
 * Brings to disk what files of this run have committed without waiting: a commit that waits takes all earlier ones along. It has to write
 * something to wait for, so it touches the record of the run's last file. Does nothing when all sessions are gone; then only the server's
 * own writer, within a second, or its crash, decides.
 */
export async function makeDurable(engine: Engine): Promise<void> {
  if (engine.isAllOnDisk) return;
  const { lock, monitor, ddl } = engine.connections;
  const touch =
    `begin; set local synchronous_commit = ${engine.durableCommit}; set local statement_timeout = 0; ` +
    'update onward.migration set finished_at = finished_at where id = (select id from onward.migration ' +
    `where run = ${quoteLiteral(engine.run)} order by finished_at desc limit 1); commit`;
  for (const session of [lock, monitor, ddl].filter(({ isLost }) => !isLost)) {
    engine.isAllOnDisk = await session.query(touch).then(
      () => true,
      () => false,
    );
    if (engine.isAllOnDisk) return;
  }
}
