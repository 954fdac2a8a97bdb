import { createPerformer, type RunContext } from '../run-context.ts';

/** Records the release that the databases were born at. */
export async function recordBaseline(context: RunContext): Promise<void> {
  const { installation, release, system, journal } = context;
  const perform = createPerformer(context, 'postdeploy');
  for (const [name, target] of installation.databases) {
    await perform(`baseline:${name}`, { release: release.version }, async () => {
      const session = await system.postgres.connect(target, { applicationName: 'onward' });
      try {
        await session.query(
          `insert into onward.baseline (release, run, recorded_at) select $1, $2, clock_timestamp() where not exists (select from onward.baseline)`,
          [release.version, journal.run],
        );
      } finally {
        await session.close();
      }
    });
  }
}
