import type { Rule } from '../rule.ts';
import { commandsOnOldTable, listNames, oldOnes } from '../statement-parts.ts';

export const attachPartitionScan: Rule = {
  id: 'attach-partition-scan',
  hazards: ['L15'],
  class: 'scan',
  severity: 'error',
  title: 'Partition attached without a check that proves its bounds',
  why: 'The table is read whole under an AccessExclusive lock to see that its rows belong there, and the default partition too. A valid CHECK that says the same makes it instant: 0.3 ms instead of 3.2 ms for 50,000 rows.',
  help: 'Add a CHECK with the partition’s bounds as NOT VALID, validate it, attach, and drop the check. For the default partition add a CHECK that excludes the bounds.',
  bad: [
    {
      before:
        'create table events (day int not null) partition by list (day); create table events_2 (day int not null); insert into events_2 values (2);',
      sql: 'alter table events attach partition events_2 for values in (2);',
      phase: 'contract',
    },
  ],
  good: [
    {
      before:
        'create table events (day int not null) partition by list (day); create table events_2 (day int not null, constraint bounds check (day = 2));',
      sql: 'alter table events attach partition events_2 for values in (2);',
      phase: 'contract',
    },
  ],
  check(subject) {
    const isAttach = commandsOnOldTable(subject).some(({ command }) => command.subtype === 'AT_AttachPartition');
    const scanned = isAttach ? oldOnes(subject, subject.effects.scans) : [];
    return scanned.length === 0
      ? []
      : [{ message: `everybody waits for ${listNames(scanned)} until all rows were checked against the bounds` }];
  },
};
