import { type ConnectionTarget, resolveConnectionTarget, type System } from '../../../system/index.ts';
import { openScratch, type Scratch } from '../../scratch/scratch.ts';
import type { ServerVersion } from '../../server-version.ts';
import { applySchema } from './apply-schema.ts';
import { readSchema } from './read-schema.ts';

export interface SchemaPair {
  /** An SQL file, a folder of SQL files, or the URL of a scratch database. */
  readonly before: string;
  readonly after: string;
  /** Major version of the embedded server; that of a URL, else 15. */
  readonly server?: ServerVersion | undefined;
  /** A scratch server for SQL files, instead of an embedded one. */
  readonly on?: ConnectionTarget | undefined;
  readonly signal?: AbortSignal | undefined;
}

const SIDES = ['before', 'after'] as const;

export interface OpenSchemas {
  readonly before: ConnectionTarget;
  readonly after: ConnectionTarget;
  /** Drops both databases. */
  close(): Promise<void>;
}

/**
 * Makes a database of each schema. A database that a URL names is copied and not touched itself: nobody may be connected to it. Throws what
 * reading and applying schemas throws, and `lint.refused-server` for a server that may be in use.
 */
export async function openSchemas(system: System, pair: SchemaPair): Promise<OpenSchemas> {
  const read = (schema: string) => (isUrl(schema) ? [] : readSchema(system, schema));
  // A mistake in a file is said before a server is started for it.
  const files = { before: await read(pair.before), after: await read(pair.after) };
  const opened: Scratch[] = [];
  const close = async (): Promise<void> => {
    for (const scratch of opened) await scratch.close();
  };
  try {
    // Copies first: the version of their server is the one that files are tried on.
    const targets = new Map<'before' | 'after', ConnectionTarget>();
    let { server } = pair;
    for (const side of SIDES.filter((name) => isUrl(pair[name]))) {
      const { scratch, target } = await copyDatabase(system, pair[side]);
      opened.push(scratch);
      targets.set(side, target);
      server ??= Math.floor(scratch.serverVersion / 10_000) as ServerVersion;
    }
    let own: Scratch | undefined;
    const create = async (side: 'before' | 'after'): Promise<ConnectionTarget> => {
      const copy = targets.get(side);
      if (copy) return copy;
      if (!own) {
        own = await openServer(system, pair, server);
        opened.push(own);
      }
      const { target } = await own.createDatabase();
      await applySchema(system, target, files[side], { mayCreateRoles: own.isEmbedded, signal: pair.signal });
      return target;
    };
    return { before: await create('before'), after: await create('after'), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function openServer(system: System, { on }: SchemaPair, server: ServerVersion | undefined): Promise<Scratch> {
  return openScratch(system, { ...(on ? { on } : {}), ...(server === undefined ? {} : { server }) });
}

/** The database is looked at first; copying it needs a session elsewhere, because the original may have none. */
async function copyDatabase(
  system: System,
  url: string,
): Promise<{ readonly scratch: Scratch; readonly target: ConnectionTarget }> {
  const target = await resolveConnectionTarget({ url, origin: 'the schema', environment: system.environment });
  await (await openScratch(system, { on: target })).close();
  const scratch = await openScratch(system, { on: { ...target, database: 'postgres' } });
  try {
    const copy = await scratch.createDatabase({ template: { name: target.database } });
    return { scratch, target: copy.target };
  } catch (error) {
    await scratch.close();
    throw error;
  }
}

function isUrl(schema: string): boolean {
  return /^postgres(ql)?:\/\//.test(schema);
}
