import type { FileRule } from './file-rule.ts';

/** What is wrong with a comment that allows a finding. */
export const SUPPRESSING_RULES: readonly FileRule[] = [
  {
    id: 'suppression-malformed',
    hazards: ['S23'],
    class: 'discipline',
    severity: 'error',
    title: 'Suppression that allows nothing',
    why: 'It is misspelt or stands beside no statement, so what it was meant to allow is still found.',
    help: 'Write "-- onward:allow <rule> until <release>: <reason>" on the line before the statement or at its end.',
  },
  {
    id: 'suppression-without-reason',
    hazards: ['S23'],
    class: 'discipline',
    severity: 'error',
    title: 'Suppression without a reason',
    why: 'Whoever reads it later cannot tell whether it still holds.',
    help: 'Say in three words or more why it is safe.',
  },
  {
    id: 'suppression-unknown-rule',
    hazards: ['S23'],
    class: 'discipline',
    severity: 'error',
    title: 'Suppression of a rule that there is not',
    why: 'It allows nothing, and hides a typing error.',
    help: 'Name the rule as the finding does.',
  },
  {
    id: 'suppression-refused',
    hazards: ['S23'],
    class: 'discipline',
    severity: 'error',
    title: 'Suppression of what cannot be allowed',
    why: 'Databases that have the file already would differ from new ones, whatever a comment says.',
    help: 'Remove the comment, and mend what the finding is about.',
  },
  {
    id: 'suppression-expired',
    hazards: ['S23'],
    class: 'discipline',
    severity: 'error',
    title: 'Suppression that has expired',
    why: 'It was allowed until this release, so that somebody looks at it again.',
    help: 'Mend what the finding is about, or give a later release and the reason for it.',
  },
  {
    id: 'suppression-unused',
    hazards: ['S23'],
    class: 'discipline',
    severity: 'error',
    title: 'Suppression that is not needed',
    why: 'It would hide the next finding at its statement, which nobody has looked at.',
    help: 'Remove the comment.',
  },
];
