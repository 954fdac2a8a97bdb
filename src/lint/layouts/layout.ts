import type { MigrationPhase } from '../../model/index.ts';
import type { SqlStatement } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import type { Layout } from '../lint-file.ts';

/**
 * How one migration tool lays its files out: which names are migrations, in which order they run, which part of a text runs, and what
 * shares a transaction. A member is pure and judges no SQL.
 */
export interface MigrationLayout {
  readonly name: Layout;
  /** A path as the layout writes it. */
  readonly example: string;
  /** A `tree` is one numbering in several folders; in a `folder` layout each folder counts by itself. */
  readonly extent: 'tree' | 'folder';
  /** Members are asked in the order of the list; the first that says yes reads the folder. */
  recognises(folder: FolderView): boolean;
  /** The migrations of the folder; names that are none (down files, undo files) are left out. */
  place(folder: FolderView): { readonly placements: readonly Placement[]; readonly findings: readonly NameFinding[] };
  /** Names that the tool has for something else than going forward, beside `.down.sql`. */
  passesOver?(path: string): boolean;
  /** The part of a text that runs when the migration goes forward. Left out: all of it. */
  readUpPart?(text: string): UpPart;
  /** Whether each statement of a file commits by itself; `isNotx` is what name, text and side files say. */
  commitsEach(file: { readonly isNotx: boolean; readonly statements: readonly SqlStatement[] }): boolean;
  /** What the tool itself would do wrong with these statements. */
  checkStatements?(text: string, statements: readonly SqlStatement[]): readonly TextFinding[];
}

/** The names below a folder, and the texts that tell layouts apart. */
export interface FolderView {
  /** SQL files, relative to the folder, with forward slashes, sorted by code unit. */
  readonly paths: readonly string[];
  /** A text that was read to recognise the layout, or a side file such as `metadata.toml`; `undefined` when it was not read. */
  textOf(path: string): string | undefined;
}

export interface Placement {
  /** Relative to the folder. */
  readonly path: string;
  readonly database: string;
  /** Without a leading `v`; empty when the layout has none. */
  readonly release: string;
  /** `undefined`: a tag tells. */
  readonly phase: MigrationPhase | undefined;
  /** Compared by code unit; equal orders in one database are a double number. */
  readonly order: string;
  readonly isNotx: boolean;
}

/** What is wrong with a name. */
export type NameFinding = Pick<LintFinding, 'rule' | 'severity' | 'message' | 'help'> & { readonly path: string };

/** What is wrong at a place of a text. */
export type TextFinding = Pick<LintFinding, 'rule' | 'class' | 'severity' | 'message' | 'help'> & {
  readonly offset: number;
};

export interface UpPart {
  /** As long as the whole text; what does not run is blank. */
  readonly text: string;
  readonly isNotx: boolean;
  readonly findings: readonly TextFinding[];
}
