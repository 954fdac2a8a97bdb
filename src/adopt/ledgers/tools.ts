import { caracal } from './caracal.ts';
import { dbmate } from './dbmate.ts';
import { flyway } from './flyway.ts';
import { frameworks } from './frameworks.ts';
import { golangMigrate } from './golang-migrate.ts';
import { goose } from './goose.ts';
import type { LedgerTool } from './ledger-tool.ts';
import { nodePgMigrate } from './node-pg-migrate.ts';
import { prisma } from './prisma.ts';

/** Every tool whose ledger can be taken over. */
export const LEDGER_TOOLS: readonly LedgerTool[] = [
  caracal,
  dbmate,
  flyway,
  frameworks,
  golangMigrate,
  goose,
  nodePgMigrate,
  prisma,
];
