import type { HazardClass } from '../finding.ts';

/** A finding that no rule on a single statement makes: of reading, of the set of files, of measurement, proof, invariants, suppressions. */
export interface OtherRule {
  readonly id: string;
  readonly class: HazardClass;
  /** What it finds, as a noun phrase. */
  readonly title: string;
}

/** Every one of them, in the order in which a lint comes to them. */
export const OTHER_RULES: readonly OtherRule[] = [
  { id: 'missing-path', class: 'unanalysed', title: 'File or folder that is not there' },
  { id: 'no-migrations', class: 'unanalysed', title: 'Folder without a migration' },
  { id: 'not-a-file', class: 'discipline', title: 'Symbolic link, or something else that is no file' },
  {
    id: 'unsafe-name',
    class: 'discipline',
    title: 'File name with other characters than letters, digits, "_", "." and "-"',
  },
  { id: 'unreadable-file', class: 'unanalysed', title: 'File that is not UTF-8, or cannot be opened' },
  { id: 'nul-byte', class: 'unanalysed', title: 'NUL byte, which Postgres takes for the end of the text' },
  { id: 'byte-order-mark', class: 'discipline', title: 'Byte order mark, which other tools send to the server' },
  { id: 'large-file', class: 'unanalysed', title: 'File over 20 MB' },
  { id: 'large-statement', class: 'unanalysed', title: 'Statement that is too large to be parsed in bounded memory' },
  { id: 'too-much-sql', class: 'unanalysed', title: 'More than 64 MB of SQL in one call' },
  { id: 'nested-too-deeply', class: 'unanalysed', title: 'Expression that is nested too deeply for the parser' },
  { id: 'syntax-error', class: 'unanalysed', title: 'Text that Postgres cannot parse' },
  { id: 'cut-statement', class: 'unanalysed', title: 'Statement that ends with the up part of its file' },
  { id: 'missing-up', class: 'discipline', title: 'File without the marker that its tool looks for' },
  {
    id: 'mixed-transaction',
    class: 'discipline',
    title: 'Statements that need a transaction beside some that cannot have one',
  },
  { id: 'psql-command', class: 'discipline', title: 'Command of psql, such as \\i or \\restrict' },
  { id: 'duplicate-number', class: 'discipline', title: 'Number that two files have' },
  { id: 'out-of-order', class: 'discipline', title: 'New file that sorts before one that has shipped' },
  { id: 'shipped-version', class: 'discipline', title: 'New file under a version that has shipped' },
  { id: 'edited-shipped-file', class: 'discipline', title: 'Shipped file that says something else now' },
  { id: 'cosmetic-edit', class: 'discipline', title: 'Shipped file that was edited without a change of meaning' },
  { id: 'removed-shipped-file', class: 'discipline', title: 'Shipped file that is gone' },
  { id: 'released-list', class: 'discipline', title: 'Line of released.sha256 that cannot be read' },
  { id: 'unknown-release', class: 'unanalysed', title: 'Release that git does not know' },
  { id: 'nothing-shipped', class: 'unanalysed', title: 'Release that has no migration here' },
  { id: 'inexact-tag', class: 'discipline', title: 'Comment that looks like a tag and is none' },
  { id: 'misplaced-tag', class: 'discipline', title: 'Tag behind the first statement' },
  { id: 'phase-differs', class: 'discipline', title: 'Tag and folder that name different phases' },
  {
    id: 'suppression-malformed',
    class: 'discipline',
    title: 'Comment that is meant to allow a finding and cannot be read',
  },
  { id: 'suppression-unknown-rule', class: 'discipline', title: 'Allowed finding of a rule that does not exist' },
  { id: 'suppression-without-reason', class: 'discipline', title: 'Allowed finding without a reason' },
  { id: 'suppression-expired', class: 'discipline', title: 'Allowed finding whose release has come' },
  { id: 'suppression-unused', class: 'discipline', title: 'Allowed finding that there is not' },
  { id: 'suppression-refused', class: 'discipline', title: 'Allowed finding that cannot be allowed' },
  {
    id: 'measured-contract-change',
    class: 'contract',
    title: 'Something old that a file made disappear, tighten or change its type',
  },
  { id: 'measured-rewrite', class: 'rewrite', title: 'Table that a statement wrote anew' },
  { id: 'measured-scan-under-lock', class: 'scan', title: 'Table that a statement read whole under a lock' },
  { id: 'measured-index-build', class: 'lock', title: 'Index that a statement built under a lock' },
  {
    id: 'measured-session-leak',
    class: 'discipline',
    title: 'Setting, role or temporary table that a file left behind',
  },
  { id: 'unmeasured', class: 'unanalysed', title: 'Statement or table that could not be measured' },
  {
    id: 'rule-contradicts-measurement',
    class: 'unanalysed',
    title: 'Prediction that measurement did not confirm: a defect of Onward',
  },
  { id: 'query-breaks', class: 'contract', title: 'Statement of the old version that fails' },
  {
    id: 'query-shape-changed',
    class: 'contract',
    title: 'Statement of the old version that gives or takes something else',
  },
  { id: 'query-not-provable', class: 'unanalysed', title: 'Statement of the old version that could not be tried' },
  { id: 'query-coverage', class: 'unanalysed', title: 'Proof that covers too few of the calls' },
  {
    id: 'invariant-expected-objects',
    class: 'discipline',
    title: 'Declared table, column, constraint or index that is not there',
  },
  {
    id: 'invariant-append-only',
    class: 'discipline',
    title: 'Role that can update or delete rows of an append-only table',
  },
  { id: 'invariant-immutable-rows', class: 'discipline', title: 'Immutable row that can be changed' },
  { id: 'invariant-tenant-isolation', class: 'discipline', title: 'Table that shows rows without a tenant' },
  { id: 'invariant-partition-window', class: 'discipline', title: 'Partitions that do not reach far enough' },
  { id: 'invariant-migration-runs', class: 'discipline', title: 'Migrations whose end depends on how they run' },
  { id: 'invariant-query', class: 'discipline', title: 'Invariant query that gives a row' },
  { id: 'invariant-given', class: 'discipline', title: 'SQL of an invariant file that fails' },
  { id: 'unreadable-invariants', class: 'unanalysed', title: 'Invariant file that cannot be read' },
];
