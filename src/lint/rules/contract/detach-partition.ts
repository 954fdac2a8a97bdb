import { relationName } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { commandsOnOldTable, describeRelation, isOld, type TableCommand } from '../statement-parts.ts';

export const detachPartition: Rule = {
  id: 'detach-partition',
  hazards: ['C12'],
  class: 'contract',
  severity: 'error',
  title: 'Partition or inheritor taken off a table that old instances use',
  why: "Its rows are gone from the table for the old version's reads, without an error, and its writes of such rows fail with 23514 because no partition takes them.",
  help: 'Take it off when no old instance needs its rows: in the contract phase, with CONCURRENTLY.',
  allowedFrom: 'contract',
  bad: [
    {
      before:
        'create table events (id bigint, at date) partition by range (at); create table events_old partition of events for values from (minvalue) to ($$2020-01-01$$);',
      sql: 'alter table events detach partition events_old concurrently;',
      isNotx: true,
    },
  ],
  good: [
    {
      before:
        'create table events (id bigint, at date) partition by range (at); create table events_old partition of events for values from (minvalue) to ($$2020-01-01$$);',
      sql: 'alter table events detach partition events_old concurrently;',
      isNotx: true,
      phase: 'contract',
    },
  ],
  check: (subject) =>
    commandsOnOldTable(subject).flatMap((item) => {
      const [parent, child] = relations(item);
      if (!parent || !child || !isOld(subject, child) || !isOld(subject, parent)) return [];
      return [
        {
          message: `the old version no longer finds the rows of ${describeRelation(child)} in ${describeRelation(parent)}`,
        },
      ];
    }),
};

function relations({ relation, command: { subtype, def } }: TableCommand) {
  if (subtype === 'AT_DetachPartition' && def && 'PartitionCmd' in def)
    return [relation, relationName(def.PartitionCmd.name)];
  if (subtype === 'AT_DropInherit' && def && 'RangeVar' in def) return [relationName(def.RangeVar), relation];
  return [];
}
