import { quoteLiteral } from '../../sql/index.ts';
import type { AclStep } from './plan-transition.ts';

/** What is gone meanwhile needs nothing back. */
const GONE = 'undefined_table or undefined_column or undefined_object or invalid_schema_name';

/**
 * One statement that gives back what a quarantine took, and says so in the ledger; for Onward, and for an operator with psql. It can be run
 * again, and gives back what is still there when tables, columns or roles are gone.
 */
export function renderUndo(id: string, steps: readonly AclStep[]): string {
  const body = [
    'declare',
    "  before text := pg_catalog.current_setting('role');",
    'begin',
    '  if not exists (select from onward.quarantine where id = ' +
      `${quoteLiteral(id)} and ended_at is null) then return; end if;`,
    ...steps.map((step) => renderStep(step)),
    `  update onward.quarantine set ended_at = pg_catalog.clock_timestamp(), ended_because = 'undone by hand' where id = ${quoteLiteral(id)};`,
    'end',
  ].join('\n');
  const quote = chooseQuote(body);
  return `do ${quote}\n${body}\n${quote};`;
}

function renderStep({ grantor, sql }: AclStep): string {
  return `  begin
    perform pg_catalog.set_config('role', ${quoteLiteral(grantor)}, true);
    execute ${quoteLiteral(sql)};
  exception when ${GONE} then null;
  end;
  perform pg_catalog.set_config('role', before, true);`;
}

/** A dollar quote that the text does not hold. */
function chooseQuote(body: string): string {
  for (let count = 0; ; count += 1) {
    const quote = `$undo${count === 0 ? '' : count}$`;
    if (!body.includes(quote)) return quote;
  }
}
