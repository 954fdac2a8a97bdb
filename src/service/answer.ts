import type { DatabaseClient, SqlClient } from './client.ts';
import type { DataMigration } from './define-data-migration.ts';
import { notOnward, otherDatabase } from './errors.ts';
import { type Claim, type Counters, loadStatus, requestWish, type Scope } from './ledger.ts';
import type { Request } from './parse-arguments.ts';
import { runDataMigration } from './run-data-migration.ts';
import { sampleDataMigration, verifyDataMigration } from './verify-data-migration.ts';

export interface Answering {
  readonly migrations: readonly DataMigration[];
  readonly connect: (to: { readonly database: string | undefined }) => Promise<DatabaseClient>;
  readonly environment: { readonly [name: string]: string | undefined };
  /** One line of the answer. */
  readonly say: (value: object) => void;
  readonly signal: AbortSignal;
}

/** Carries a request out and says the answer. */
export async function answer(answering: Answering, request: Request): Promise<void> {
  const { migrations, environment, say, connect } = answering;
  if (request.command === 'list') {
    const described = migrations.map(({ id, description }) => ({
      id,
      ...(description === undefined ? {} : { description }),
    }));
    return say({ dataMigrations: described });
  }
  const { id, database } = request.migration;
  const asked = environment.ONWARD_DATABASE;
  if (database !== undefined && asked !== undefined && database !== asked) throw otherDatabase(id, database, asked);
  const claim = request.command === 'run' && !request.isDryRun ? readClaim(environment, id, request.scope) : undefined;
  const client = await connect({ database: database ?? asked });
  try {
    await settle(client);
    if (claim && request.command === 'run') await run(answering, { client, claim, request });
    else say(await ask(client, request));
  } finally {
    await client.end();
  }
}

/** A key reads the same always, row-level security that would hide rows is an error, and a suspended batch does not hold locks for ever. */
async function settle(client: SqlClient): Promise<void> {
  await client.query(
    `set TimeZone = 'UTC'; set DateStyle = 'ISO'; set IntervalStyle = 'postgres'; set row_security = off; set idle_in_transaction_session_timeout = '30s'`,
  );
  // Where the server can see that its client is gone, a killed program leaves no statement behind that goes on.
  await client.query(`set client_connection_check_interval = '500ms'`).catch(() => {});
}

async function ask(client: SqlClient, request: Exclude<Request, { readonly command: 'list' }>): Promise<object> {
  const { migration, command } = request;
  const { id } = migration;
  switch (command) {
    case 'status': {
      const { error, ...status } = await loadStatus(client, id);
      return { id, ...status, recorded: true, ...(error === null ? {} : { error: error.slice(0, 2_000) }) };
    }
    case 'verify':
      return { id, remaining: await verifyDataMigration(client, migration) };
    case 'run':
      return {
        type: 'result',
        id,
        dryRun: true,
        ...(await sampleDataMigration(client, migration, { rows: request.rows, scope: request.scope?.value })),
      };
    default:
      return { id, status: await requestWish(client, id, command) };
  }
}

async function run(
  { say, signal }: Answering,
  at: {
    readonly client: SqlClient;
    readonly claim: Claim;
    readonly request: Extract<Request, { readonly command: 'run' }>;
  },
): Promise<void> {
  const { client, claim, request } = at;
  const { migration, rows } = request;
  const { id } = claim;
  const describe = ({ scanned, changed, failed, batches }: Counters) => ({
    scanned,
    changed,
    failed,
    batches,
    recorded: true,
  });
  const { status, totals } = await runDataMigration({
    client,
    migration,
    claim,
    rows,
    signal,
    onProgress: (now, waitingFor) =>
      say({ type: 'progress', id, ...describe(now), ...(waitingFor === undefined ? {} : { waitingFor }) }),
  });
  say({ type: 'result', id, status, ...describe(totals) });
}

/** Nothing is changed without a fence: throws `service.not-onward` when Onward did not start this run. */
function readClaim(environment: Answering['environment'], id: string, scope: Scope | undefined): Claim {
  const names = ['ONWARD_DEPLOYMENT', 'ONWARD_EPOCH', 'ONWARD_HOLDER'] as const;
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0) throw notOnward(id, missing);
  const { ONWARD_DEPLOYMENT = '', ONWARD_EPOCH, ONWARD_HOLDER = '' } = environment;
  return { id, deployment: ONWARD_DEPLOYMENT, epoch: Number(ONWARD_EPOCH), holder: ONWARD_HOLDER, scope };
}
