import type { LedgerTool } from './ledger-tool.ts';

/** For a database without any ledger, whose schema is that of a baseline. */
export const noTool: LedgerTool = {
  name: 'baseline',
  title: 'Nobody',
  tables: [],
  fits: () => false,
  query: () => 'select null as line where false',
  accepts: () => false,
  read: () => ({ entries: [], findings: [] }),
  keyOf: () => undefined,
};
