import { relationName } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { commandsOnOldTable, describeRelation, isOld, type TableCommand } from '../statement-parts.ts';

export const attachPartition: Rule = {
  id: 'attach-partition',
  hazards: ['C12'],
  class: 'contract',
  severity: 'error',
  title: 'Table that old instances use made a partition or an inheritor',
  why: "The old version's reads of the parent find its rows, too, from here on, and its writes into the table by its own name fail with 23514 for rows outside of the bounds.",
  help: 'Attach a table that is new and empty, or attach the old one in the postdeploy phase, when no old instance writes to it by its own name.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before:
        'create table events (id bigint, at date not null) partition by range (at); create table archive (id bigint, at date not null);',
      sql: "alter table events attach partition archive for values from ('2020-01-01') to ('2021-01-01');",
    },
  ],
  good: [
    {
      before: 'create table events (id bigint, at date not null) partition by range (at);',
      sql: "create table events_2021 partition of events for values from ('2021-01-01') to ('2022-01-01');",
    },
  ],
  check: (subject) =>
    commandsOnOldTable(subject).flatMap((item) => {
      const [parent, child] = relations(item);
      if (!parent || !child || !isOld(subject, child) || !isOld(subject, parent)) return [];
      return [
        {
          message: `the old version reads the rows of ${describeRelation(child)} in ${describeRelation(parent)}, and may write others to it by its own name`,
        },
      ];
    }),
};

function relations({ relation, command: { subtype, def } }: TableCommand) {
  if (subtype === 'AT_AttachPartition' && def && 'PartitionCmd' in def) {
    return [relation, relationName(def.PartitionCmd.name)];
  }
  return subtype === 'AT_AddInherit' && def && 'RangeVar' in def ? [relationName(def.RangeVar), relation] : [];
}
