import type { Finding, MigrationRef } from '../../model/index.ts';
import { quoteName } from '../../sql/index.ts';
import type { Marks } from './sections.ts';

/** A table of the database that may be a tool's ledger. */
export interface LedgerTable {
  readonly schema: string;
  readonly name: string;
  /** Column names, and their types as `format_type` says them without a modifier. */
  readonly columns: ReadonlyMap<string, string>;
  /** Other tables of its schema. */
  readonly beside: readonly string[];
}

/** A row as it was read: JSON, times in ISO 8601 with their zone. */
export type LedgerLine = Readonly<Record<string, unknown>>;

/** One migration that a tool says it has applied. */
export interface ForeignEntry {
  /** What the tool knows it by: a version, a name, a path. */
  readonly key: string;
  /** As people know it, such as the name of its file. */
  readonly label: string;
  /** As the tool computes it; `undefined` when it keeps none for this entry. */
  readonly checksum?: string;
  /** ISO 8601; `undefined`: it does not say. */
  readonly appliedAt?: string;
  readonly durationMs?: number;
  /** The tool has not run it: somebody told it that it is applied. Only the schema can prove that. */
  readonly isOnlyTold?: boolean;
  readonly line: LedgerLine;
}

/** What a tool's ledger says, in the order in which it was written. */
export interface ForeignLedger {
  readonly entries: readonly ForeignEntry[];
  /** The tool keeps nothing but the number that it has come to: every file up to it counts as applied. */
  readonly upTo?: { readonly sequence: number; readonly line: LedgerLine };
  /** The schema was there before the tool: it takes some files for granted, and has never applied them. `undefined`: cannot be told. */
  readonly bornWith?: { readonly label: string; readonly includes: (file: MigrationRef) => boolean | undefined };
  /** With severity `error`: it must not be taken over as it is. */
  readonly findings: readonly Finding[];
}

/** A file in a tool's own layout. */
export interface ForeignFile {
  readonly kind: 'versioned' | 'baseline' | 'repeatable';
  /** The parts of its version, as digits; empty for a repeatable one. Files run in the order of these. */
  readonly version: readonly string[];
  readonly name: string;
}

/** `ignored`: a way back. `unnumbered`: the tool runs it, and its name does not say where. `undefined`: no file that the tool runs. */
export type Placing = ForeignFile | 'ignored' | 'unnumbered' | undefined;

/** One migration tool. It decides and computes; only the SQL of `query` is sent to a server, and that reads. */
export interface LedgerTool {
  readonly name: string;
  /** As its own people write it. */
  readonly title: string;
  /** What its table is called unless somebody chose another name. */
  readonly tables: readonly string[];
  /** Whether a table has the columns of its ledger. */
  fits(table: LedgerTable): boolean;
  /** Whether something speaks against a table that fits; then it is taken only when the tool is named. */
  isDoubtful?(table: LedgerTable): boolean;
  /** The advisory lock that it holds while it is at work, as a condition on `pg_locks` by the name `l`; for a tool that takes one. */
  readonly lock?: string;
  /** Reads every row of its table in the order of writing, as one column `line` of JSON. */
  query(table: LedgerTable): string;
  /** Whether the rows can be its own. Two tools have tables that look alike. */
  accepts(lines: readonly LedgerLine[]): boolean;
  read(lines: readonly LedgerLine[]): ForeignLedger;
  /** The key that its ledger would have for a file in one of Onward's layouts; `undefined` when it cannot be told. */
  keyOf(file: MigrationRef): string | undefined;
  /** The name that an entry's file has once its number is another; for tools whose numbers are not Onward's. */
  nameOf?(entry: ForeignEntry): string;
  /** Every checksum that it accepts for a text; `undefined` when it keeps none. */
  checksumsOf?(content: FileContent): readonly string[];
  /** For a tool whose folders are not laid out as Onward's: what one of its files is by its path. */
  placeFile?(path: string): Placing;
  /** For a tool whose files hold both ways. */
  readonly marks?: Marks;
  /** What is in a text that the tool replaces before it runs it. */
  readonly placeholders?: RegExp;
}

export interface FileContent {
  /** Without a byte order mark. */
  readonly text: string;
  /** SHA-256 over the bytes, in hexadecimal. */
  readonly sha256: string;
}

export function quoteTable({ schema, name }: Pick<LedgerTable, 'schema' | 'name'>): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}

/** The condition for an advisory lock of one key of eight bytes, or of one of a range. */
export function lockOf(first: string, last: string = first): string {
  return `l.objsubid = 1 and (l.classid::bigint << 32 | l.objid::bigint) between ${first} and ${last}`;
}

/** Whether a table has these columns of these types, and beyond them only those that may be there. */
export function hasColumns(
  { columns }: LedgerTable,
  required: Readonly<Record<string, readonly string[]>>,
  optional: readonly string[] = [],
): boolean {
  const isThere = Object.entries(required).every(([name, types]) => types.includes(columns.get(name) ?? ''));
  return isThere && [...columns.keys()].every((name) => name in required || optional.includes(name));
}

/** The text of a row's column; empty when it is null or no text. */
export function textOf(line: LedgerLine, column: string): string {
  const value = line[column];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** `<number>_<name>.sql`, as most tools name their files; they care for nothing but the number. */
export function placeNumbered(path: string): ForeignFile | undefined {
  const [, number, rest = ''] = /^(\d+)([^/]*?)(?:\.up)?\.sql$/.exec(path) ?? [];
  if (number === undefined) return undefined;
  return { kind: 'versioned', version: [number], name: safeName(rest).replace(/^[_.-]+/, '') || 'unnamed' };
}

/** What a migration that a tool knows by its name is called once it stands among Onward's files, without extensions. */
export function nameOfOwn(place: Placing, name: string): string {
  return typeof place === 'object' ? `${place.version.join('.')}_${place.name}` : name;
}

/** A name as Onward's files may have it. */
export function safeName(name: string): string {
  return name.trim().replaceAll(/[^A-Za-z0-9.-]+/g, '_');
}

/** A file's name without its folders and extensions: `0001_baseline`. */
export function baseName({ path }: Pick<MigrationRef, 'path'>): string {
  return (path.split('/').at(-1) ?? '').replace(/(\.up|\.notx)*\.sql$/, '');
}
