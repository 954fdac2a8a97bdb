import { join } from 'node:path';
import { z } from 'zod';
import type { Files } from '../../../system/index.ts';
import { createFenceFile, type FenceFile } from '../../fence-file.ts';
import { unreadableBook } from './errors.ts';
import type { BackendFacts } from './facts.ts';

const bookSchema = z.strictObject({
  version: z.literal(1),
  listen: z.strictObject({ host: z.string(), port: z.int() }).optional(),
  /** Which process of HAProxy `removed` is about. */
  since: z.string(),
  /** Answers with status 500 and above of servers that were removed. */
  removed: z.int().nonnegative(),
  /** A server that is being removed: counted once it is gone. */
  leaving: z.strictObject({ name: z.string(), serverId: z.string(), serverErrors: z.int().nonnegative() }).optional(),
});

/** What HAProxy cannot remember about a service: that it is open, and what servers counted that are gone. */
export type Book = z.infer<typeof bookSchema>;

export interface Books {
  /** `undefined` when the service is not open. */
  load(): Promise<Book | undefined>;
  write(book: Book): Promise<void>;
  close(): Promise<void>;
  /** The highest epoch that the service has obeyed. */
  readonly fence: FenceFile;
}

/** In `haproxy/<service>` of the state directory. */
export function createBooks(files: Files, stateDirectory: string, service: string): Books {
  const folder = join(stateDirectory, 'haproxy', encodeURIComponent(service));
  const path = join(folder, 'book.json');
  return {
    fence: createFenceFile(files, folder),
    async load() {
      const text = await files.readTextIfPresent(path);
      if (text === undefined) return undefined;
      const parsed = bookSchema.safeParse(parseJson(text));
      if (!parsed.success) throw unreadableBook(path);
      return parsed.data;
    },
    async write(book) {
      await files.makeFolder(folder, 0o700);
      await files.writeAtomic(path, `${JSON.stringify(book)}\n`);
    },
    close: () => files.remove(path),
  };
}

/** What is true of the book now: a server that was leaving is gone, or stays; another process has counted nothing yet. Pure. */
export function settleBook(book: Book, { since, servers }: BackendFacts): Book {
  const { leaving, ...rest } = book;
  if (book.since !== since) return { ...rest, since, removed: 0 };
  const stays = servers.some((server) => server.name === leaving?.name && server.serverId === leaving.serverId);
  return { ...rest, removed: book.removed + (stays ? 0 : (leaving?.serverErrors ?? 0)) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
