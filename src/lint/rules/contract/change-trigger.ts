import { relationFromParts, relationName } from '../../../sql/index.ts';
import type { TriggerNode } from '../definitions.ts';
import type { Hit, Rule, Subject } from '../rule.ts';
import { commandsOnOldTable, describeRelation, isOld } from '../statement-parts.ts';

export const changeTrigger: Rule = {
  id: 'change-trigger',
  hazards: ['C10'],
  class: 'contract',
  severity: 'warning',
  title: "Trigger or rule changed that meets the old version's writes",
  why: "A trigger runs for the old version's writes, too: one that raises makes them fail (P0001), one that runs before the row and returns null drops them without an error, and one that is disabled no longer does what the old version leaves to it.",
  help: 'Let the trigger only fill and copy until no old instance writes; let it refuse from the postdeploy phase on.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before:
        "create table orders (id bigint primary key, total numeric); create function refuse() returns trigger language plpgsql as 'begin if new.total < 0 then raise exception ''negative''; end if; return new; end';",
      sql: 'create trigger orders_refuse before insert on orders for each row execute function refuse();',
    },
    {
      before:
        "create table orders (id bigint primary key, total numeric); create function refuse() returns trigger language plpgsql as 'begin return null; end'; create trigger orders_refuse before insert on orders for each row execute function refuse();",
      sql: 'alter table orders disable trigger orders_refuse;',
    },
    {
      before: 'create table orders (id bigint primary key, total numeric);',
      sql: 'create rule quiet as on insert to orders do instead nothing;',
    },
  ],
  good: [
    {
      before:
        "create table orders (id bigint primary key, total numeric, amount numeric); create function copy_total() returns trigger language plpgsql as 'begin new.amount := new.total; return new; end';",
      sql: 'create trigger orders_copy before insert or update on orders for each row execute function copy_total();',
    },
  ],
  check: (subject) => [...checkCreated(subject), ...checkSwitched(subject)],
};

function checkCreated(subject: Subject): readonly Hit[] {
  const { node } = subject;
  if ('RuleStmt' in node) {
    const relation = relationName(node.RuleStmt.relation);
    if (!relation || !node.RuleStmt.instead || !isOld(subject, relation)) return [];
    return [
      { message: `the old version's statements on ${describeRelation(relation)} do something else from here on` },
    ];
  }
  const relation = 'CreateTrigStmt' in node ? relationName(node.CreateTrigStmt.relation) : undefined;
  if (!('CreateTrigStmt' in node) || !relation || !isOld(subject, relation)) return [];
  const does = describeRefusal(subject, node.CreateTrigStmt);
  return does === undefined
    ? []
    : [
        {
          message: `the trigger ${node.CreateTrigStmt.trigname} meets the old version's writes to ${describeRelation(relation)}, and ${does}`,
        },
      ];
}

/** Ship with Postgres, and only fill. */
const HARMLESS = [
  'tsvector_update_trigger',
  'tsvector_update_trigger_column',
  'suppress_redundant_updates_trigger',
  'moddatetime',
];
/** `timing` of a trigger that runs before the row, in `TRIGGER_TYPE_BEFORE` of pg_trigger.h. */
const BEFORE = 2;

function describeRefusal({ schema }: Subject, { funcname, timing }: TriggerNode): string | undefined {
  const name = relationFromParts(funcname);
  if (!name || HARMLESS.includes(name.name)) return undefined;
  const body = schema.findFunction(name).at(-1)?.body;
  if (body === undefined) return `what ${name.name} does could not be told`;
  if (/\braise\s+(exception\b|(?!notice|warning|info|log|debug)['"\w])/i.test(body)) return 'raises';
  return timing === BEFORE && /\breturn\s+null\b/i.test(body) ? 'may drop them' : undefined;
}

const SWITCHED: Readonly<Record<string, string>> = {
  AT_DisableTrig: 'go without',
  AT_DisableTrigAll: 'go without',
  AT_DisableTrigUser: 'go without',
  AT_EnableTrig: 'meet',
  AT_EnableAlwaysTrig: 'meet',
  AT_EnableTrigAll: 'meet',
  AT_EnableTrigUser: 'meet',
  AT_EnableReplicaTrig: 'go without',
};

function checkSwitched(subject: Subject): readonly Hit[] {
  return commandsOnOldTable(subject).flatMap(({ relation, command }) => {
    const verb = SWITCHED[command.subtype ?? ''];
    const which = command.name === undefined ? 'its triggers' : `the trigger ${command.name}`;
    return verb === undefined
      ? []
      : [{ message: `the old version's writes to ${describeRelation(relation)} ${verb} ${which} from here on` }];
  });
}
