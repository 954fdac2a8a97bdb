import { OnwardError } from '../model/index.ts';
import { type Answering, answer } from './answer.ts';
import type { DatabaseClient } from './client.ts';
import type { DataMigration } from './define-data-migration.ts';
import { parseRequest } from './parse-arguments.ts';

export interface ServeOptions {
  /** What follows the words of the command in product.yaml, such as `process.argv.slice(3)` for `node main.mjs data-migrations`. */
  readonly argv: readonly string[];
  /** Opens a connection of its own, to the database that is named (`undefined`: the program was not started by Onward). */
  readonly connect: (to: { readonly database: string | undefined }) => Promise<DatabaseClient>;
}

const UNKNOWN_ID = 3;

/**
 * Answers one command of the data-migrations protocol on standard output. Resolves with the exit code once the answer is written:
 * `process.exit(await serveDataMigrations(…))`. SIGTERM ends a run behind its batch. Nothing is thrown; what went wrong is said on standard error.
 */
export async function serveDataMigrations(
  migrations: readonly DataMigration[],
  options: ServeOptions,
): Promise<number> {
  const stop = new AbortController();
  const abort = () => stop.abort(new Error('The program was asked to end'));
  process.on('SIGTERM', abort);
  process.on('SIGINT', abort);
  // Nobody listens any more: whoever comes next goes on where the last batch ended.
  process.stdout.on('error', abort);
  try {
    const request = parseRequest(options.argv, migrations);
    const indent = request.isJson ? undefined : 2;
    const answering: Answering = {
      migrations,
      connect: options.connect,
      environment: process.env,
      say: (value) => void process.stdout.write(`${JSON.stringify(value, undefined, indent)}\n`),
      signal: stop.signal,
    };
    await answer(answering, request);
    return 0;
  } catch (error) {
    await write(process.stderr, `${describe(error)}\n`);
    return chooseExitCode(error);
  } finally {
    await write(process.stdout, '');
    process.off('SIGTERM', abort);
    process.off('SIGINT', abort);
    process.stdout.off('error', abort);
  }
}

function chooseExitCode(error: unknown): number {
  if (!(error instanceof OnwardError)) return 1;
  if (error.code === 'service.unknown-id') return UNKNOWN_ID;
  return error.code === 'service.wrong-arguments' ? 2 : 1;
}

function describe(error: unknown): string {
  if (error instanceof OnwardError) return `error ${error.code}\n${error.message}\n-> ${error.hint}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Resolves when it is written, or cannot be. */
function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}
