import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { canonicalJson, type JournalKind, type JournalRecord, type Json } from '../model/index.ts';
import type { DurableFile, System } from '../system/index.ts';
import { journalCorrupt, journalUnwritable } from './errors.ts';

export interface JournalEntry {
  readonly step: string;
  readonly key: string;
  readonly kind: JournalKind;
  readonly data?: JournalRecord['data'];
}

/**
 * A run's record: append-only, one JSON line a record, each fdatasynced before the call resolves, chained by hash. Every epoch writes a
 * file of its own, which goes on from where the one before had ended when the lease was taken: a holder that has lost the lease without
 * knowing it can only write behind that point, where nobody reads.
 */
export interface Journal {
  readonly run: string;
  readonly records: readonly JournalRecord[];
  append(entry: JournalEntry): Promise<JournalRecord>;
  close(): Promise<void>;
}

/** Told around every append; `before` runs before anything is written, `after` once the record is durable. */
export type JournalProbe = (when: 'before' | 'after', seq: number, entry: JournalEntry) => void;

const FIRST_PREV = '0'.repeat(64);
const FILE = /^journal-(\d{6,})\.jsonl$/;

export function runFolder(stateDirectory: string, run: string): string {
  return join(stateDirectory, 'runs', run);
}

/** The runs whose journals are here, newest first. By epoch: names tell only the second in which a run began, and by whose clock. */
export async function listRunsByEpoch(system: System, stateDirectory: string): Promise<readonly string[]> {
  const begun: { readonly run: string; readonly epoch: number }[] = [];
  for (const run of await system.files.names(join(stateDirectory, 'runs'))) {
    const epochs = (await system.files.names(runFolder(stateDirectory, run))).filter((name) => FILE.test(name));
    begun.push({ run, epoch: Math.min(...epochs.map(epochOf)) });
  }
  return begun.sort((a, b) => b.epoch - a.epoch || (a.run < b.run ? 1 : -1)).map(({ run }) => run);
}

/** Opens a run's journal, new or to go on with, for the holder of this epoch. */
export async function openJournal(
  system: System,
  options: {
    readonly stateDirectory: string;
    readonly run: string;
    readonly epoch: number;
    readonly probe?: JournalProbe | undefined;
  },
): Promise<Journal> {
  const folder = runFolder(options.stateDirectory, options.run);
  const path = join(folder, `journal-${String(options.epoch).padStart(6, '0')}.jsonl`);
  await system.files.makeFolder(folder, 0o700);
  const records = await loadJournal(system, options.stateDirectory, options.run);
  try {
    const file = await system.files.openDurable(path);
    return new FileJournal(system, { ...options, file, path, records: [...records] });
  } catch (error) {
    throw journalUnwritable(path, error as NodeJS.ErrnoException);
  }
}

/**
 * Reads and proves a journal: every line whole, numbered, and chained to the one before. The last line of each file may be torn, which is
 * what a crash leaves; anything else is corruption and is refused.
 */
export async function loadJournal(
  system: System,
  stateDirectory: string,
  run: string,
): Promise<readonly JournalRecord[]> {
  const folder = runFolder(stateDirectory, run);
  const names = (await system.files.names(folder)).filter((name) => FILE.test(name));
  let records: readonly JournalRecord[] = [];
  for (const name of names.sort((a, b) => epochOf(a) - epochOf(b))) {
    const path = join(folder, name);
    records = joinFile(records, { run, path, text: await system.files.readText(path) });
  }
  return records;
}

function epochOf(name: string): number {
  return Number(FILE.exec(name)?.[1]);
}

/** The records up to where this file goes on, then the file's own. */
function joinFile(
  earlier: readonly JournalRecord[],
  file: { readonly run: string; readonly path: string; readonly text: string },
): readonly JournalRecord[] {
  const lines = file.text.split('\n').slice(0, -1);
  const first = parseRecord(lines[0] ?? '');
  const records = lines.length === 0 ? [...earlier] : earlier.slice(0, Math.max(0, (first?.seq ?? 1) - 1));
  for (const [index, line] of lines.entries()) {
    const record = parseRecord(line);
    const isChained =
      record?.seq === records.length + 1 &&
      record.prev === (records.at(-1)?.hash ?? FIRST_PREV) &&
      record.run === file.run;
    if (!record || !isChained || record.hash !== hashOf(record)) throw journalCorrupt(file.path, index + 1);
    records.push(record);
  }
  return records;
}

function parseRecord(line: string): JournalRecord | undefined {
  try {
    const value = JSON.parse(line) as JournalRecord | null;
    return typeof value === 'object' && value !== null && typeof value.hash === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function hashOf(record: Omit<JournalRecord, 'hash'> & { readonly hash?: string }): string {
  const { hash: _, ...rest } = record;
  return createHash('sha256')
    .update(canonicalJson(rest as unknown as Json))
    .digest('hex');
}

class FileJournal implements Journal {
  readonly run: string;
  readonly records: JournalRecord[];
  readonly #epoch: number;
  readonly #system: System;
  readonly #file: DurableFile;
  readonly #path: string;
  readonly #probe: JournalProbe | undefined;
  /** Appends of services that roll side by side go one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  #broken: Error | undefined;

  constructor(
    system: System,
    options: {
      readonly file: DurableFile;
      readonly path: string;
      readonly run: string;
      readonly epoch: number;
      readonly records: JournalRecord[];
      readonly probe?: JournalProbe | undefined;
    },
  ) {
    this.#system = system;
    this.#file = options.file;
    this.#path = options.path;
    this.#probe = options.probe;
    this.#epoch = options.epoch;
    this.run = options.run;
    this.records = options.records;
  }

  append(entry: JournalEntry): Promise<JournalRecord> {
    const appended = this.#queue.then(() => this.#write(entry));
    this.#queue = appended.catch(() => {});
    return appended;
  }

  async #write(entry: JournalEntry): Promise<JournalRecord> {
    // After one failed append the file's end is not known: nothing more may be written, and so nothing more done.
    if (this.#broken) throw this.#broken;
    const seq = this.records.length + 1;
    const data = JSON.parse(this.#system.redaction.apply(JSON.stringify(entry.data ?? {}))) as JournalRecord['data'];
    const unhashed = {
      seq,
      t: this.#system.clock.now().toISOString(),
      run: this.run,
      epoch: this.#epoch,
      step: entry.step,
      key: entry.key,
      kind: entry.kind,
      data,
      prev: this.records.at(-1)?.hash ?? FIRST_PREV,
    };
    const record: JournalRecord = { ...unhashed, hash: hashOf(unhashed) };
    this.#probe?.('before', seq, entry);
    try {
      await this.#file.append(`${JSON.stringify(record)}\n`);
    } catch (error) {
      this.#broken = journalUnwritable(this.#path, error as NodeJS.ErrnoException);
      throw this.#broken;
    }
    this.records.push(record);
    this.#probe?.('after', seq, entry);
    return record;
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#file.close();
  }
}
