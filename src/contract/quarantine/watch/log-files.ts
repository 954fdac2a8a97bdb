import type { Session } from '../../../system/index.ts';

export type LogFormat = 'jsonlog' | 'csvlog' | 'stderr';

/** The files of the server's log in one format, read on from where the last look ended. */
export interface LogFiles {
  /** What was written since the last look, by file, oldest first. */
  read(session: Session): Promise<readonly { readonly file: string; readonly bytes: Buffer }[]>;
}

const CHUNK_BYTES = 1_048_576;
const MOST_CHUNKS = 16;

/** Files end as their format says; the plain one as the operator names it. */
const IS_OF_FORMAT: Readonly<Record<LogFormat, (name: string) => boolean>> = {
  jsonlog: (name) => name.endsWith('.json'),
  csvlog: (name) => name.endsWith('.csv'),
  stderr: (name) => !name.endsWith('.json') && !name.endsWith('.csv'),
};

/** Begins at the present end of every file. `current` is a path as `pg_current_logfile` gives it. */
export async function openLogFiles(
  session: Session,
  { current, format }: { readonly current: string; readonly format: LogFormat },
): Promise<LogFiles> {
  const folder = current.slice(0, current.lastIndexOf('/') + 1);
  const offsets = new Map((await listFiles(session, format)).map(({ name, size }) => [name, size]));
  return {
    async read(at) {
      const pieces: { readonly file: string; readonly bytes: Buffer }[] = [];
      for (const { name, size } of await listFiles(at, format)) {
        // A file that is shorter than it was has begun anew under the same name.
        const known = offsets.get(name) ?? 0;
        let offset = known > size ? 0 : known;
        for (let chunk = 0; offset < size && chunk < MOST_CHUNKS; chunk += 1) {
          const bytes = await readPiece(at, { path: `${folder}${name}`, offset });
          if (bytes.length === 0) break;
          pieces.push({ file: name, bytes });
          offset += bytes.length;
        }
        offsets.set(name, offset);
      }
      return pieces;
    },
  };
}

async function listFiles(
  session: Session,
  format: LogFormat,
): Promise<readonly { readonly name: string; readonly size: number }[]> {
  const { rows } = await session.query<{ name: string; size: string }>(
    'select name, size from pg_catalog.pg_ls_logdir() order by modification, name',
  );
  return rows.filter(({ name }) => IS_OF_FORMAT[format](name)).map(({ name, size }) => ({ name, size: Number(size) }));
}

/** Nothing of a file that was removed meanwhile. */
async function readPiece(
  session: Session,
  { path, offset }: { readonly path: string; readonly offset: number },
): Promise<Buffer> {
  const { rows } = await session.query<{ bytes: Buffer | null }>(
    'select pg_catalog.pg_read_binary_file($1, $2, $3, true) as bytes',
    [path, offset, CHUNK_BYTES],
  );
  return rows[0]?.bytes ?? Buffer.alloc(0);
}
