import type { MigrationPhase } from '../model/index.ts';
import type { SqlStatement } from '../system/index.ts';

/** The layouts of migration folders that are read. */
export const LAYOUTS = [
  'onward',
  'flat',
  'golang-migrate',
  'flyway',
  'dbmate',
  'goose',
  'sqlx',
  'prisma',
  'diesel',
  'plain',
] as const;
export type Layout = (typeof LAYOUTS)[number];

/** One migration file as a layout places it, before its text is parsed. */
export interface PlacedText {
  /** As it was given, with forward slashes: what a person sees. */
  readonly path: string;
  readonly layout: Layout;
  /** The folder's database; empty when the layout has none. */
  readonly database: string;
  /** Without a leading `v`; empty when the layout has none. Files of one release go out together. */
  readonly release: string;
  /** The phase that the file runs in. Layouts without phases: what its tag says, else `expand`. */
  readonly phase: MigrationPhase;
  /** The order of files, as the layout numbers them; compared by code unit after numbers were padded. */
  readonly order: string;
  /** The file's text with everything that is not run (the down part, the layout's own markers) replaced by spaces, so that offsets stay right. */
  readonly text: string;
  /** The name or a tag of the layout says that it runs without a transaction. */
  readonly isNotx: boolean;
}

/** One migration file that was read whole. */
export interface LintFile extends PlacedText {
  readonly statements: readonly SqlStatement[];
  /** False when each statement commits by itself. */
  readonly isTransactional: boolean;
  /** It has gone out in a release: it tells what is there, and is judged only for being unchanged. */
  readonly isShipped: boolean;
}
