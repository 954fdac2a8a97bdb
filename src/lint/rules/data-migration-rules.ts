import type { FileRule } from '../discipline/file-rules/file-rule.ts';

/** What a build finds in the data migrations that a release declares. */
export const DATA_MIGRATION_RULES: readonly FileRule[] = (
  [
    [
      'data-migration-text',
      'error',
      'Data migration that reaches out of its range',
      'What it declares is put together to statements for ranges of keys. A second statement, a clause too many, something that writes or a row lock would touch rows that are not of the range.',
      'Write one SET clause or one SELECT from batch, one condition, and one SELECT that counts.',
    ],
    [
      'data-migration-names',
      'error',
      'Data migration for another schema',
      'On the schema that the expand phase of the release leaves, the server refuses a table, key, column or type that it names.',
      'Name what is there after the expand phase; the key has a unique index whose columns are all not null.',
    ],
    [
      'data-migration-key-change',
      'error',
      'Data migration that moves rows among its ranges',
      'A row whose key changes is gone through twice, or never.',
      'Choose a key, and a column of the scope, that the change leaves alone.',
    ],
    [
      'data-migration-repeats',
      'error',
      'Data migration that leaves rows in the old shape',
      'On a scratch database, "where" still found rows after they were changed: a run that is repeated would change them again, and the verification may never count zero.',
      'Make "where" false for a row in the new shape.',
    ],
    [
      'data-migration-verify',
      'error',
      'Verification that gives no count',
      'A verification that fails, or gives anything but one number from 0 up, counts as not complete for ever.',
      'Write one SELECT that counts the rows in the old shape.',
    ],
    [
      'data-migration-volatile',
      'warning',
      'Data migration with a value that is another one every time',
      'A batch that is rolled back and tried again gives its rows other values than the first attempt, so what a dry run or another deployment has seen does not come again.',
      'Derive the value from the row.',
    ],
    [
      'data-migration-dual-write',
      'error',
      'Trigger for both shapes that does not work',
      'On a scratch database the body could not be made a trigger, or a write to the table failed in it: in use, every write would fail.',
      'Mend the PL/pgSQL of the body.',
    ],
    [
      'data-migration-scope',
      'warning',
      'Data migration whose parts have no index, or cannot be listed',
      'Where the key does not begin with the column of the scope, every batch of a part walks over the rows of the other parts.',
      'Name a unique index that begins with the column, and a SELECT of one column for the parts.',
    ],
    [
      'unmeasured-data-migration',
      'warning',
      'Data migration that could not be tried out',
      'The scratch database could not be given rows in the old shape, or refused what was made up, so whether a batch leaves any behind is not known.',
      'Try it on a copy of real data before it goes out.',
    ],
  ] as const
).map(([id, severity, title, why, help]) => ({
  id,
  hazards: ['S29'],
  class: id.startsWith('unmeasured') ? 'unanalysed' : 'discipline',
  severity,
  title,
  why,
  help,
}));
