import {
  observeDataMigration,
  openSession,
  requestWish,
  runDataMigration,
  sampleDataMigration,
  verifyDataMigration,
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
  const withSession = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    const session = await openSession(system, target);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  };
  return {
    observe: () => withSession((session) => observeDataMigration(session, id)),
    request: (wish) => withSession((session) => requestWish(session, { id, release, wish })),
    verify: () => withSession((session) => verifyDataMigration(session, declared)),
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
