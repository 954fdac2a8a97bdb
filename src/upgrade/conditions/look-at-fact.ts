import {
  assertNever,
  type Bounds,
  type ConditionFact,
  type FactCondition,
  formatBytes,
  formatCount,
  satisfiesRange,
  type TableSize,
} from '../../model/index.ts';
import type { Session } from '../../system/index.ts';
import type { Eyes } from './eyes.ts';

/** Compares what Onward sees by itself. What cannot be seen, or compared, is unknown. */
export async function lookAtFact(eyes: Eyes, condition: FactCondition): Promise<ConditionFact> {
  const { deployment, programs } = eyes.installation;
  switch (condition.fact) {
    case 'server': {
      const version = await eyes.inDatabase(condition.database, async (session) => session.serverVersion);
      const [major, minor] = [Math.floor(version / 10_000), version % 10_000];
      const applies = satisfiesRange(`${major}.${minor}.0`, condition.version);
      return judge(applies, `the server of ${condition.database} is ${major}.${minor}`);
    }
    case 'extension':
      return lookAtExtension(eyes, condition);
    case 'table':
      return lookAtTable(eyes, condition);
    case 'runtime': {
      const service = deployment.services.find(({ name }) => name === condition.service);
      if (!service) return unknown(`onward.yaml has no service ${condition.service}`);
      return judge(service.runtime.kind === condition.is, `${service.name} runs on ${service.runtime.kind}`);
    }
    case 'tool':
      return judge(satisfiesRange(programs.toolVersion, condition.version), `Onward is ${programs.toolVersion}`);
    default:
      return assertNever(condition);
  }
}

function judge(applies: boolean, evidence: string): ConditionFact {
  return { state: applies ? 'applies' : 'does-not-apply', evidence };
}

function unknown(evidence: string): ConditionFact {
  return { state: 'unknown', evidence };
}

type Of<Kind extends FactCondition['fact']> = Extract<FactCondition, { readonly fact: Kind }>;

async function lookAtExtension(eyes: Eyes, { database, name, version }: Of<'extension'>): Promise<ConditionFact> {
  const installed = await eyes.inDatabase(database, async (session) => {
    const { rows } = await session.query<{ version: string }>(
      'select extversion as version from pg_catalog.pg_extension where extname = $1',
      [name],
    );
    return rows[0]?.version;
  });
  if (installed === undefined) return judge(false, `${database} does not have extension ${name}`);
  const evidence = `${database} has extension ${name} ${installed}`;
  if (version === undefined) return judge(true, evidence);
  const comparable = toVersion(installed);
  if (comparable === undefined) return unknown(`${evidence}, which cannot be compared with ${version}`);
  return judge(satisfiesRange(comparable, version), evidence);
}

/** Extensions count as they like: `1.10`, `3.4.2`, `2`. Others than numbers cannot be compared. */
function toVersion(text: string): string | undefined {
  const parts = /^(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?$/.exec(text);
  return parts ? [1, 2, 3].map((part) => Number(parts[part] ?? 0)).join('.') : undefined;
}

interface SeenSize {
  /** Of the relation that is named. */
  readonly kind: string | null;
  /** Null when a part lies on another server. */
  readonly bytes: string | null;
  /** Null when a part was never analysed, or lies on another server. */
  readonly rows: string | null;
}

/** A table with its partitions: bytes with indexes and what is kept out of line, rows as the last ANALYZE or VACUUM counted them. */
async function lookAtTable(
  eyes: Eyes,
  { database, table, bytes, rows }: Of<'table'> & TableSize,
): Promise<ConditionFact> {
  const seen = await eyes.inDatabase(database, (session) => readSize(session, table));
  const what = `table ${table} of ${database}`;
  if (!seen?.kind) return unknown(`there is no ${what}`);
  if (!['r', 'p', 'm'].includes(seen.kind)) return unknown(`${what} is not a table`);
  if (bytes && seen.bytes === null) return unknown(`a part of ${what} lies on another server`);
  if (bytes) return judge(isWithin(Number(seen.bytes), bytes), `${what} has ${formatBytes(Number(seen.bytes))}`);
  if (!rows || seen.rows === null) return unknown(`nobody has counted the rows of ${what}: run ANALYZE ${table}`);
  return judge(
    isWithin(Number(seen.rows), rows),
    `${what} has about ${formatCount(Math.round(Number(seen.rows)), 'row')}`,
  );
}

function isWithin(value: number, { above, below }: Bounds): boolean {
  return (above === undefined || value > above) && (below === undefined || value < below);
}

async function readSize(session: Session, table: string): Promise<SeenSize | undefined> {
  const { rows } = await session.query<SeenSize>(
    `with root as (select pg_catalog.to_regclass($1) as oid),
          part as (select oid from root union select tree.relid from root, pg_catalog.pg_partition_tree(root.oid) as tree)
     select (select class.relkind::pg_catalog.text from pg_catalog.pg_class as class join root using (oid)) as kind,
            case when bool_or(class.relkind = 'f') then null
                 else coalesce(sum(pg_catalog.pg_total_relation_size(class.oid)), 0)::pg_catalog.text end as bytes,
            case when bool_or(class.relkind = 'f' or class.reltuples < 0 and pg_catalog.pg_relation_size(class.oid) > 0) then null
                 else coalesce(sum(greatest(class.reltuples, 0)), 0)::pg_catalog.text end as rows
     from pg_catalog.pg_class as class join part using (oid) where class.relkind <> 'p'`,
    [table],
  );
  return rows[0];
}
