import { assertNever } from './assert-never.ts';
import type { Bounds, Condition, FactCondition, TableSize } from './condition.ts';
import { formatBytes } from './format.ts';

/** A condition as a vendor would say it: `the server of core is >=14 <15`. */
export function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'always':
      return 'always';
    case 'sql':
      return `"${condition.query.replace(/\s+/g, ' ').trim()}" on ${condition.database} gives ${condition.equals}`;
    case 'fact':
      return describeFact(condition);
    case 'dataMigration':
      return `data migration ${condition.id} is incomplete`;
    case 'all':
      return condition.of.map(describeCondition).join(' and ');
    default:
      return assertNever(condition);
  }
}

function describeFact(condition: FactCondition): string {
  switch (condition.fact) {
    case 'server':
      return `the server of ${condition.database} is ${condition.version}`;
    case 'extension': {
      const version = condition.version === undefined ? '' : ` ${condition.version}`;
      return `${condition.database} has extension ${condition.name}${version}`;
    }
    case 'table':
      return `table ${condition.table} of ${condition.database} has ${describeSize(condition)}`;
    case 'runtime':
      return `${condition.service} runs on ${condition.is}`;
    case 'tool':
      return `Onward is ${condition.version}`;
    default:
      return assertNever(condition);
  }
}

function describeSize({ bytes, rows }: TableSize): string {
  const said = [
    ...(bytes ? [describeBounds(bytes, formatBytes)] : []),
    ...(rows ? [`${describeBounds(rows, String)} rows`] : []),
  ];
  return said.join(' and ');
}

function describeBounds({ above, below }: Bounds, format: (value: number) => string): string {
  return [
    ...(above === undefined ? [] : [`more than ${format(above)}`]),
    ...(below === undefined ? [] : [`less than ${format(below)}`]),
  ].join(' and ');
}
