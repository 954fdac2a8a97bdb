import {
  observeDataMigration,
  requestWish,
  runDataMigration,
  sampleDataMigration,
  verifyDataMigration,
  withSession,
} from '../../data-migrate/index.ts';
import type { SqlDataMigration } from '../../model/index.ts';
import type { ConnectionTarget, Session, System } from '../../system/index.ts';
import type { DataWorker } from './worker.ts';

/** Onward itself, by statements for ranges of keys. */
export function createSqlWorker(
  system: System,
  target: ConnectionTarget,
  { declared, release }: { readonly declared: SqlDataMigration; readonly release: string },
): DataWorker {
  const { id } = declared;
  const ask = <T>(work: (session: Session) => Promise<T>) => withSession(system, target, work);
  return {
    observe: () => ask((session) => observeDataMigration(session, id)),
    request: (wish) => ask((session) => requestWish(session, { id, release, wish })),
    verify: () => ask((session) => verifyDataMigration(session, declared)),
    sample: (pacing) => sampleDataMigration(system, { target, declared, pacing }),
    run: ({ installation, lease, run, rate, signal, scope }) =>
      runDataMigration(system, {
        declared,
        target,
        release,
        run,
        fence: { deployment: installation.deployment.name, epoch: lease.epoch },
        signal,
        ...(scope ? { scope } : {}),
        pacing: installation.deployment.pacing,
        ...(rate ? { rate } : {}),
        beforeBatch: () => lease.assertHeld(),
        onEvent: (event) => system.log.emit({ ...event, run, step: 'data' }),
      }),
  };
}
