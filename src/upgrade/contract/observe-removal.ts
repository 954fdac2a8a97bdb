import {
  type Contraction,
  checkRoutines,
  collectWords,
  findContraction,
  observeDependents,
  observeSizes,
} from '../../contract/index.ts';
import { planDualWriteRemoval } from '../../data-migrate/index.ts';
import type { Scratch, ScratchDatabase } from '../../lint/index.ts';
import { type ContractDatabaseFact, OnwardError, type Removal } from '../../model/index.ts';
import type { MigrationFile } from '../../release/index.ts';
import { loadSchema } from '../../schema/index.ts';
import { type ConnectionTarget, loadSqlParser, PostgresError, type Session, type System } from '../../system/index.ts';
import { copySchema } from '../copy-schema.ts';
import { applyToScratch } from '../scratch-server.ts';

const APPLICATION_NAME = 'onward contract';

/** Two copies of the schema of a database: as it is, and with the contract files applied. */
export interface Copies {
  readonly before: ScratchDatabase;
  readonly after: ScratchDatabase;
}

export interface TriedOut {
  readonly removal: NonNullable<ContractDatabaseFact['removal']>;
  /** Only when the files could be applied. */
  readonly copies?: Copies;
  /** Raw names of what goes. */
  readonly names: readonly string[];
}

export interface RemovalRequest {
  readonly scratch: Scratch;
  readonly target: ConnectionTarget;
  /** A session of the database itself. */
  readonly live: Session;
  /** The pending contract files, in the order in which they run. */
  readonly files: readonly MigrationFile[];
  /** Data migrations whose trigger for both shapes a contract run removes first. */
  readonly dualWrites: readonly string[];
}

/** Applies the contract files to a copy of the schema, and looks what is different then. The database itself is only read. */
export async function observeRemoval(system: System, request: RemovalRequest): Promise<TriedOut> {
  const { scratch, target, files } = request;
  const before = await scratch.createDatabase();
  await copySchema(system, target, await before.connect(APPLICATION_NAME));
  await removeDualWrites(before, request);
  const after = await scratch.createDatabase({ template: before });
  try {
    await applyToScratch(system, { scratch, database: after, files });
  } catch (error) {
    if (!(error instanceof OnwardError) || error.code !== 'lint.schema-fails') throw error;
    return { removal: { kind: 'refused', evidence: describeRefusal(error) }, names: [] };
  }
  const { removal, names } = await compareCopies(request, { before, after });
  return { removal: { kind: 'seen', value: removal }, copies: { before, after }, names };
}

/** The server names what still depends on what goes. */
function describeRefusal({ message, cause }: OnwardError): string {
  const detail = cause instanceof PostgresError ? cause.detail : undefined;
  return detail === undefined ? message : `${message} ${detail.replaceAll('\n', '; ')}`;
}

/** They write into what goes, and a contract run takes them away first. */
async function removeDualWrites(copy: ScratchDatabase, { live, dualWrites }: RemovalRequest): Promise<void> {
  const session = await copy.connect(APPLICATION_NAME);
  try {
    for (const id of dualWrites) {
      const change = await planDualWriteRemoval(live, id);
      if (change) await session.query(change.text);
    }
  } finally {
    await session.close();
  }
}

async function compareCopies(
  { live, files }: RemovalRequest,
  copies: Copies,
): Promise<{ readonly removal: Removal; readonly names: readonly string[] }> {
  const before = await copies.before.connect(APPLICATION_NAME);
  const after = await copies.after.connect(APPLICATION_NAME);
  try {
    const schema = await loadSchema(after);
    const contraction = findContraction({
      before: await loadSchema(before),
      after: schema,
      words: await wordsOf(files),
    });
    const routines = await checkRoutines({ before, after }, { schema, names: contraction.names });
    const dependents = await observeDependents(live, contraction.doomed);
    const removal = {
      objects: await addSizes(live, contraction),
      doomed: contraction.doomed,
      unnamed: [
        ...contraction.changes.filter(({ isNamed }) => !isNamed).map((change) => describeUnnamed(change)),
        ...dependents.map((description) => `${description} would lose it, and no file names it`),
      ],
      broken: routines.broken,
      mentions: routines.mentions,
    };
    return { removal, names: contraction.names };
  } finally {
    await before.close();
    await after.close();
  }
}

async function wordsOf(files: readonly MigrationFile[]): Promise<ReadonlySet<string>> {
  const parser = await loadSqlParser();
  return new Set(files.flatMap(({ text, path }) => [...collectWords(parser, text, path)]));
}

function describeUnnamed({ kind, name, change, reason }: Contraction['changes'][number]): string {
  return change === 'removed'
    ? `${kind} ${name} would go too, and no file names it`
    : `${kind} ${name} would change too (${reason}), and no file names it`;
}

async function addSizes(live: Session, { changes }: Contraction): Promise<Removal['objects']> {
  const doomed = changes.flatMap((change) => (change.doomed ? [{ change, doomed: change.doomed }] : []));
  const sizes = await observeSizes(
    live,
    doomed.map((one) => one.doomed),
  );
  return changes.map((change) => {
    const { kind, name, change: what, reason } = change;
    const place = doomed.findIndex((one) => one.change === change);
    return { kind, name, change: what, reason, ...(place < 0 ? {} : sizes[place]) };
  });
}
