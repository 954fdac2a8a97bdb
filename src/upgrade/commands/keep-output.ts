import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import type { MigrationCommand } from '../../model/index.ts';
import type { System } from '../../system/index.ts';

/** A program that says more than this has its last lines kept, and no more of the rest. */
const KEPT_CHARACTERS = 16 * 1024 * 1024;
/** Longer lines are cut, so that one that never ends does not fill the memory. */
const LINE_CHARACTERS = 65_536;
/** Held back where a line is cut: half a secret may stand there. */
const HELD_CHARACTERS = 4_096;
const LAST_LINES = 20;
const SHOWN_CHARACTERS = 400;

/** What a program writes, as it comes. */
export interface KeptOutput {
  readonly path: string;
  readonly take: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** Waits for the last line to be written. */
  close(): Promise<void>;
  /** The last lines, redacted, without what only a terminal understands. */
  last(): readonly string[];
  /** Whether its lines are as declared; a reason in half a sentence when they are not. */
  judge(): string | undefined;
}

/**
 * Writes both streams of a program into one file (0600) in the run's folder, whole lines in the order in which they came, with known secrets
 * redacted. A disk that takes no more of it stops nothing.
 */
export async function keepOutput(
  { files, redaction }: Pick<System, 'files' | 'redaction'>,
  at: { readonly folder: string; readonly name: string; readonly expected: MigrationCommand['output'] },
): Promise<KeptOutput> {
  const path = join(at.folder, `${at.name}.log`);
  await files.makeFolder(at.folder, 0o700);
  await files.writeAtomic(path, '');
  const { includes, excludes = [] } = at.expected ?? {};
  const last: string[] = [];
  let queue: Promise<void> = Promise.resolve();
  let written = 0;
  let isSaid = includes === undefined;
  let refused: string | undefined;

  const keep = (lines: readonly string[]): void => {
    for (const line of lines) {
      isSaid ||= line.includes(includes ?? '');
      refused ??= excludes.find((text) => line.includes(text));
    }
    const shown = redaction.apply(lines.join('\n'));
    last.push(...shown.split('\n'));
    last.splice(0, last.length - LAST_LINES);
    if (written >= KEPT_CHARACTERS) return;
    written += shown.length;
    const more = written < KEPT_CHARACTERS ? '' : '(what follows is not kept)\n';
    queue = queue.then(() => files.append(path, `${shown}\n${more}`)).catch(() => {});
  };
  const streams = { stdout: createLines(keep, redaction.apply), stderr: createLines(keep, redaction.apply) };
  return {
    path,
    take: (stream, chunk) => streams[stream].push(chunk),
    async close() {
      streams.stdout.end();
      streams.stderr.end();
      await queue;
    },
    last: () => last.map((line) => stripVTControlCharacters(line).trimEnd().slice(0, SHOWN_CHARACTERS)),
    judge() {
      if (refused !== undefined) return `it says "${refused}", which it must not`;
      return isSaid ? undefined : `it does not say "${includes}"`;
    },
  };
}

/** Puts pieces together to whole lines. */
function createLines(keep: (lines: readonly string[]) => void, redact: (text: string) => string) {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    if (rest.length > LINE_CHARACTERS) {
      const whole = redact(rest);
      lines.push(whole.slice(0, -HELD_CHARACTERS));
      rest = whole.slice(-HELD_CHARACTERS);
    }
    if (lines.length > 0) keep(lines);
  };
  return {
    push: (chunk: Buffer) => take(decoder.write(chunk)),
    end() {
      take(decoder.end());
      if (rest !== '') keep([rest]);
      rest = '';
    },
  };
}
