import type { Rule } from '../rule.ts';
import { bigintKeys } from './bigint-keys.ts';
import { domainWithConstraint } from './domain-with-constraint.ts';
import { foreignKeyTypeMismatch } from './foreign-key-type-mismatch.ts';
import { foreignKeyWithoutIndex } from './foreign-key-without-index.ts';
import { grantToPublic } from './grant-to-public.ts';
import { identityOverSerial } from './identity-over-serial.ts';
import { jsonbOverJson } from './jsonb-over-json.ts';
import { longIdentifier } from './long-identifier.ts';
import { redundantIndex } from './redundant-index.ts';
import { repeatableStatements } from './repeatable-statements.ts';
import { securityDefinerSearchPath } from './security-definer-search-path.ts';
import { tableWithoutPrimaryKey } from './table-without-primary-key.ts';
import { textOverChar } from './text-over-char.ts';
import { timestamptz } from './timestamptz.ts';
import { volatileCheck } from './volatile-check.ts';

/** What is legal and instant, and costs later. */
export const STYLE_RULES: readonly Rule[] = [
  bigintKeys,
  identityOverSerial,
  timestamptz,
  textOverChar,
  jsonbOverJson,
  longIdentifier,
  tableWithoutPrimaryKey,
  foreignKeyWithoutIndex,
  foreignKeyTypeMismatch,
  redundantIndex,
  domainWithConstraint,
  repeatableStatements,
  securityDefinerSearchPath,
  volatileCheck,
  grantToPublic,
];
