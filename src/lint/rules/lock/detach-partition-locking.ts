import type { Rule } from '../rule.ts';
import { commandsOnOldTable, describeRelation } from '../statement-parts.ts';

export const detachPartitionLocking: Rule = {
  id: 'detach-partition-locking',
  hazards: ['L14'],
  class: 'lock',
  severity: 'error',
  title: 'Partition detached under a lock on the whole table',
  why: 'DETACH PARTITION takes an AccessExclusive lock on the parent and on the partition: every query on the partitioned table waits.',
  help: 'Use DETACH PARTITION … CONCURRENTLY, in a file of its own that runs without a transaction (not with a default partition).',
  bad: [
    {
      before:
        'create table events (day int) partition by list (day); create table events_1 partition of events for values in (1);',
      sql: 'alter table events detach partition events_1;',
      phase: 'contract',
    },
  ],
  good: [
    {
      before:
        'create table events (day int) partition by list (day); create table events_1 partition of events for values in (1);',
      sql: 'alter table events detach partition events_1 concurrently;',
      phase: 'contract',
      isNotx: true,
    },
  ],
  check: (subject) =>
    commandsOnOldTable(subject).flatMap(({ relation, command }) => {
      const { def, subtype } = command;
      if (subtype !== 'AT_DetachPartition' || !def || !('PartitionCmd' in def) || def.PartitionCmd.concurrent)
        return [];
      return [
        {
          message: `every query on ${describeRelation(relation)} waits while ${def.PartitionCmd.name?.relname} is detached`,
        },
      ];
    }),
};
