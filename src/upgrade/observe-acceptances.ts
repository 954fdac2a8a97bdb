import type { Acceptance, AcceptanceFacts, Digest } from '../model/index.ts';
import type { Installation } from './installation.ts';

/** An acceptance as it is on record: also one that has expired or was withdrawn. */
export interface RecordedAcceptance extends Acceptance {
  readonly withdrawn?: { readonly by: string; readonly at: string };
}

/** The acceptances of this deployment that were not withdrawn, and the time by which they expire. Throws when the database is away. */
export async function observeAcceptances(installation: Installation): Promise<AcceptanceFacts> {
  const { list, now } = await loadAcceptances(installation);
  return { list: list.flatMap(({ withdrawn, ...acceptance }) => (withdrawn ? [] : [acceptance])), now };
}

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

interface Row {
  readonly risk: string;
  readonly content: string;
  readonly release: string;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
  readonly until: string | null;
  readonly withdrawn_by: string | null;
  readonly withdrawn_at: string | null;
}

/** Every acceptance that was ever recorded for this deployment, in the order of their recording. Reading never makes the table. */
export async function loadAcceptances(
  installation: Installation,
): Promise<{ readonly list: readonly RecordedAcceptance[]; readonly now: string }> {
  const { control, deployment } = installation;
  const utc = (time: string) => `pg_catalog.to_char(${time} at time zone 'UTC', ${ISO})`;
  const { rows: clock } = await control.query<{ now: string; found: boolean }>(
    `select ${utc('pg_catalog.clock_timestamp()')} as now, pg_catalog.to_regclass('onward.acceptance') is not null as found`,
  );
  const now = clock[0]?.now ?? '';
  if (clock[0]?.found !== true) return { list: [], now };
  const { rows } = await control.query<Row>(
    `select risk, content, release, reason, accepted_by as by, ${utc('accepted_at')} as at, ${utc('until')} as until,
            withdrawn_by, ${utc('withdrawn_at')} as withdrawn_at
     from onward.acceptance where deployment = $1 order by id`,
    [deployment.name],
  );
  return { list: rows.map(toAcceptance), now };
}

function toAcceptance({ content, at, until, withdrawn_by, withdrawn_at, ...rest }: Row): RecordedAcceptance {
  return {
    ...rest,
    content: content as Digest,
    acceptedAt: at,
    ...(until === null ? {} : { until }),
    ...(withdrawn_at === null ? {} : { withdrawn: { by: withdrawn_by ?? '', at: withdrawn_at } }),
  };
}
