import type { FileRule } from '../discipline/file-rules/file-rule.ts';
import { FILE_RULES } from '../discipline/file-rules/list.ts';
import { DATA_MIGRATION_RULES } from './data-migration-rules.ts';

/** What measurement on a scratch database finds. */
const MEASURED_RULES: readonly FileRule[] = [
  {
    id: 'measured-contract-change',
    hazards: ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8', 'C9', 'C10', 'C12', 'C13', 'C14'],
    class: 'contract',
    severity: 'error',
    title: 'Something old disappeared, tightened or changed its type',
    why: 'The catalog of the scratch database differs before and after the file in something that an old client could use, whatever the text looks like: a DO block, a function or an extension may have done it.',
    help: 'Keep the old form for as long as the version before runs: add beside it in expand, and take it away in a contract file of a later release.',
  },
  {
    id: 'measured-rewrite',
    hazards: ['L9', 'L10', 'L13'],
    class: 'rewrite',
    severity: 'error',
    title: 'Table written anew',
    why: 'The table has another file on disk after the statement: every row and every index was written under an AccessExclusive lock.',
    help: 'Find the rule for the statement that does it; each names the form that writes nothing.',
  },
  {
    id: 'measured-scan-under-lock',
    hazards: ['L5', 'L6', 'L7', 'L11', 'L15', 'L19'],
    class: 'scan',
    severity: 'error',
    title: 'Table read whole under a lock',
    why: 'As many rows were read as the table has while a lock was held that writers wait for, so the wait grows with the table.',
    help: 'Add constraints NOT VALID and validate them in a later file; read and fill rows in batches.',
  },
  {
    id: 'measured-index-build',
    hazards: ['L1', 'L3', 'L4', 'L12'],
    class: 'lock',
    severity: 'error',
    title: 'Index built under a lock',
    why: 'An index of an old table was built while writers were locked out.',
    help: 'Build it with CREATE INDEX CONCURRENTLY, in a file that runs without a transaction.',
  },
  {
    id: 'measured-session-leak',
    hazards: ['S27'],
    class: 'discipline',
    severity: 'error',
    title: 'Something of the session left behind',
    why: 'A setting, role, temporary table, prepared statement or lock of one file is still there when the next one runs in the same session, as some tools do.',
    help: 'Use SET LOCAL, or put the setting on the function or role that needs it.',
  },
  {
    id: 'unmeasured',
    hazards: ['S16'],
    class: 'unanalysed',
    severity: 'warning',
    title: 'Statement or table that could not be measured',
    why: 'It failed on the scratch database, or its table could not be given rows, so what it locks and reads there is not known.',
    help: 'Look at what it locks and reads by hand.',
  },
  {
    id: 'rule-contradicts-measurement',
    hazards: ['S16'],
    class: 'unanalysed',
    severity: 'warning',
    title: 'Prediction that measurement did not confirm',
    why: 'The rules on the text and the measurement disagree about what the statement does. That is a defect of Onward.',
    help: 'Trust the measurement, and report the statement with the schema it ran on.',
  },
];

/** What the query proof finds. */
const PROOF_RULES: readonly FileRule[] = [
  {
    id: 'query-breaks',
    hazards: ['C1', 'C9', 'C11'],
    class: 'contract',
    severity: 'error',
    title: 'Statement of the old version fails',
    why: 'It was prepared, planned and, when it writes, run on the schema before and after: before it works, after it does not.',
    help: 'Keep what it needs until no old version runs: move the change to the contract phase, or add the new shape beside the old one.',
  },
  {
    id: 'query-shape-changed',
    hazards: ['C4', 'C11'],
    class: 'contract',
    severity: 'error',
    title: 'Statement of the old version gives or takes something else',
    why: 'Its result has other columns, or a column or parameter has another type. A driver may read a bigint as text where it read an integer as a number. Columns that are only added are a warning.',
    help: 'Add a new column beside the old one, and remove the old one in the contract phase.',
  },
  {
    id: 'query-not-provable',
    hazards: ['S16'],
    class: 'unanalysed',
    severity: 'warning',
    title: 'Statement that could not be tried',
    why: 'It cannot be prepared on the schema before either, so nothing is known about it.',
    help: 'Record it again from the version that runs now, or remove it from the file.',
  },
  {
    id: 'query-coverage',
    hazards: ['S16'],
    class: 'unanalysed',
    severity: 'error',
    title: 'Proof that covers too few of the calls',
    why: 'What is left out may be what breaks. The share counts calls, so that a statement in every request weighs more than one that ran once.',
    help: 'Make the statements provable that are listed, or state a lower minimum with --minimum-coverage.',
  },
];

/** What is declared to be so after all migrations, and is not. */
const INVARIANT_RULES: readonly FileRule[] = (
  [
    [
      'expected-objects',
      'Declared object is not there',
      'A table, column, constraint or index that the invariants name does not exist after all migrations.',
      'Add the migration that makes it, or correct what the invariant expects.',
    ],
    [
      'append-only',
      'Role can change an append-only table',
      'The role may update or delete rows of a table that is declared to be append-only.',
      'Revoke UPDATE and DELETE from the role, or refuse both in a trigger.',
    ],
    [
      'immutable-rows',
      'Immutable row can be changed',
      'An update of a row that is declared to be immutable is not refused.',
      'Refuse the change in a BEFORE UPDATE trigger.',
    ],
    [
      'tenant-isolation',
      'Rows are shown without a tenant',
      'A table with the tenant column has no row-level security, or shows rows while no setting names a tenant.',
      'Enable row-level security on the table, with a policy that compares the tenant with a setting and shows nothing without it.',
    ],
    [
      'partition-window',
      'Partitions end too soon',
      'The partitions do not reach as far ahead as declared: rows of the periods after them will be refused.',
      'Make the partitions of the coming periods in a migration, or in a job that runs before they begin.',
    ],
    [
      'migration-runs',
      'Migrations end differently',
      'A second run, two runners together, or a fresh install end in something else than one run of all migrations.',
      'Look for statements that depend on when or how often they run.',
    ],
    [
      'query',
      'Invariant query gives a row',
      'A query that must give no row gives one after all migrations, or cannot be asked.',
      'Change the migrations so that the query gives no row, or correct the query.',
    ],
    [
      'given',
      'SQL that invariants start from fails',
      'Without it nothing that the file declares can be looked at.',
      'Mend the SQL that the invariants start from.',
    ],
  ] as const
).map(([name, title, why, help]) => ({
  id: `invariant-${name}`,
  hazards: ['S29'],
  class: 'discipline',
  severity: 'error',
  title,
  why,
  help,
}));

/** Everything that is found beside the rules on statements, in the order in which a lint comes to it. */
export const OTHER_RULES: readonly FileRule[] = [
  ...FILE_RULES,
  ...MEASURED_RULES,
  ...PROOF_RULES,
  ...INVARIANT_RULES,
  ...DATA_MIGRATION_RULES,
  {
    id: 'unreadable-invariants',
    hazards: ['S29'],
    class: 'unanalysed',
    severity: 'error',
    title: 'Invariant file that cannot be read',
    why: 'An invariant that cannot be read holds for nobody.',
    help: 'Mend the file; its schema is schemas/invariants.schema.json.',
  },
];
