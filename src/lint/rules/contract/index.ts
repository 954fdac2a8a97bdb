import type { Rule } from '../rule.ts';
import { addCheck } from './add-check.ts';
import { addEnumValue } from './add-enum-value.ts';
import { addExclude } from './add-exclude.ts';
import { addForeignKey } from './add-foreign-key.ts';
import { addRequiredColumn } from './add-required-column.ts';
import { addUnique } from './add-unique.ts';
import { alterComposite } from './alter-composite.ts';
import { attachPartition } from './attach-partition.ts';
import { changeCollation } from './change-collation.ts';
import { changeColumnType } from './change-column-type.ts';
import { changeDefault } from './change-default.ts';
import { changeGenerated } from './change-generated.ts';
import { changePolicy } from './change-policy.ts';
import { changeSequence } from './change-sequence.ts';
import { changeTrigger } from './change-trigger.ts';
import { deleteAll } from './delete-all.ts';
import { detachPartition } from './detach-partition.ts';
import { dropCascade } from './drop-cascade.ts';
import { dropColumn } from './drop-column.ts';
import { dropDefault } from './drop-default.ts';
import { dropExtension } from './drop-extension.ts';
import { dropFunction } from './drop-function.ts';
import { dropIdentity } from './drop-identity.ts';
import { dropIndex } from './drop-index.ts';
import { dropNotNull } from './drop-not-null.ts';
import { dropSchema } from './drop-schema.ts';
import { dropSequence } from './drop-sequence.ts';
import { dropTable } from './drop-table.ts';
import { dropTrigger } from './drop-trigger.ts';
import { dropType } from './drop-type.ts';
import { dropUnique } from './drop-unique.ts';
import { dropView } from './drop-view.ts';
import { enableRowSecurity } from './enable-row-security.ts';
import { renameColumn } from './rename-column.ts';
import { renameConstraint } from './rename-constraint.ts';
import { renameEnumValue } from './rename-enum-value.ts';
import { renameFunction } from './rename-function.ts';
import { renameIndex } from './rename-index.ts';
import { renameSchema } from './rename-schema.ts';
import { renameSequence } from './rename-sequence.ts';
import { renameTable } from './rename-table.ts';
import { renameType } from './rename-type.ts';
import { replaceFunction } from './replace-function.ts';
import { replaceView } from './replace-view.ts';
import { revoke } from './revoke.ts';
import { setNotNull } from './set-not-null.ts';
import { setSchema } from './set-schema.ts';
import { tightenDomain } from './tighten-domain.ts';
import { tightenIdentity } from './tighten-identity.ts';
import { truncate } from './truncate.ts';
import { uniqueIndex } from './unique-index.ts';

/** What breaks the version that still runs. */
export const CONTRACT_RULES: readonly Rule[] = [
  dropColumn,
  dropTable,
  dropView,
  dropSchema,
  dropSequence,
  dropType,
  dropFunction,
  dropExtension,
  dropTrigger,
  dropCascade,
  renameColumn,
  renameTable,
  renameSchema,
  renameEnumValue,
  renameConstraint,
  renameIndex,
  renameType,
  renameSequence,
  renameFunction,
  changeColumnType,
  setNotNull,
  addRequiredColumn,
  addCheck,
  addUnique,
  uniqueIndex,
  addExclude,
  addForeignKey,
  tightenDomain,
  tightenIdentity,
  dropDefault,
  changeDefault,
  dropIdentity,
  changeSequence,
  dropNotNull,
  dropUnique,
  dropIndex,
  replaceView,
  replaceFunction,
  changeTrigger,
  enableRowSecurity,
  changePolicy,
  revoke,
  setSchema,
  detachPartition,
  attachPartition,
  truncate,
  deleteAll,
  changeCollation,
  changeGenerated,
  alterComposite,
  addEnumValue,
];
