import {
  askSample,
  askVerification,
  askWish,
  observeServiceMigration,
  requestWish,
  runServiceMigration,
  type ServiceQuestions,
  withSession,
} from '../../data-migrate/index.ts';
import type { ServiceDataMigration } from '../../model/index.ts';
import type { ConnectionTarget, Session, System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';
import { openServiceProgram } from './service-program.ts';
import type { DataWorker } from './worker.ts';

/** The version of the protocol that Onward speaks. */
const PROTOCOL = '1';

/** A service's own program, by the data-migrations protocol. What it says is kept in the ledger, beside what the others do. */
export function createServiceWorker(
  system: System,
  installation: Installation,
  at: { readonly declared: ServiceDataMigration; readonly release: string; readonly target: ConnectionTarget },
): DataWorker {
  const { declared, release, target } = at;
  const { id } = declared;
  const environment = {
    ONWARD_DATA_MIGRATIONS: PROTOCOL,
    ONWARD_DEPLOYMENT: installation.deployment.name,
    ONWARD_DATABASE: declared.database,
  };
  const openQuestions = async (): Promise<ServiceQuestions> => {
    const program = await openServiceProgram(system, installation, declared);
    return { system, program, id, environment };
  };
  const ask = <T>(work: (session: Session) => Promise<T>) => withSession(system, target, work);
  return {
    observe: () => ask((session) => observeServiceMigration(session, id, openQuestions)),
    async request(wish) {
      const status = await ask((session) => requestWish(session, { id, release, wish }));
      // The ledger holds it now, whatever the program says; one that runs is told by the command that looks after it.
      if (wish !== 'cancel' && status !== 'running') await askWish(await openQuestions(), wish);
      return status;
    },
    verify: async () => askVerification(await openQuestions()),
    sample: async () => askSample(await openQuestions()),
    async run({ lease, run, signal, scope }) {
      return runServiceMigration(system, {
        declared,
        target,
        release,
        run,
        fence: { deployment: installation.deployment.name, epoch: lease.epoch },
        program: await openServiceProgram(system, installation, declared),
        environment,
        signal,
        ...(scope ? { scope } : {}),
        beforeLook: () => lease.assertHeld(),
        onEvent: (event) => system.log.emit({ ...event, run, step: 'data' }),
      });
    },
  };
}
