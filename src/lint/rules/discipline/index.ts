import type { Rule } from '../rule.ts';
import { copyFromClient } from './copy-from-client.ts';
import { dataChange } from './data-change.ts';
import { lostSetting } from './lost-setting.ts';
import { outsideTransaction } from './outside-transaction.ts';
import { ownTimeLimit } from './own-time-limit.ts';
import { sessionSetting } from './session-setting.ts';
import { transactionControlRule } from './transaction-control.ts';
import { wrappedInTransaction } from './wrapped-in-transaction.ts';

/** What makes a file fail, stall or leave traces whatever it is about. */
export const DISCIPLINE_RULES: readonly Rule[] = [
  transactionControlRule,
  wrappedInTransaction,
  outsideTransaction,
  dataChange,
  sessionSetting,
  lostSetting,
  ownTimeLimit,
  copyFromClient,
];
