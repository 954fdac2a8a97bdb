import type { SqlDataMigration } from '../../model/index.ts';
import type { SqlParser } from '../../system/index.ts';
import { checkDeclaration } from '../check-declaration.ts';
import { walkTree } from '../walk-tree.ts';
import type { DeclarationJudgement } from './judgement.ts';

/** What gives another value every time, of the functions that come with Postgres and its usual extensions. */
const VOLATILE = new Set(
  `random random_normal gen_random_uuid uuidv4 uuidv7 uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 clock_timestamp timeofday
   nextval setval txid_current pg_current_xact_id gen_random_bytes gen_salt`.split(/\s+/),
);

/** What the text of a declaration tells by itself. */
export function judgeDeclarationText(parser: SqlParser, declared: SqlDataMigration): readonly DeclarationJudgement[] {
  const problems = checkDeclaration(parser, declared).map<DeclarationJudgement>(({ key, problem }) => ({
    rule: 'data-migration-text',
    severity: 'error',
    path: key.split('.'),
    message: `"${key}" ${problem}`,
  }));
  // What cannot be read says nothing more.
  if (problems.length > 0) return problems;
  return [...judgeKey(parser, declared), ...judgeVolatile(parser, declared), ...judgeScope(declared)];
}

/** A row that is moved behind the cursor is gone through twice, and one that is moved before it never. */
function judgeKey(parser: SqlParser, { change, key, scope }: SqlDataMigration): readonly DeclarationJudgement[] {
  if (change.kind !== 'update') return [];
  const fixed = new Set([...key, ...(scope?.column === undefined ? [] : [scope.column])]);
  const [update] = parser.split(`update t set ${change.set}`, 'set');
  const targets = (update?.node as { UpdateStmt?: { targetList?: readonly object[] } } | undefined)?.UpdateStmt
    ?.targetList;
  const names = (targets ?? []).flatMap(
    (target) => (target as { ResTarget?: { name?: string } }).ResTarget?.name ?? [],
  );
  return [...new Set(names.filter((name) => fixed.has(name)))].map((name) => ({
    rule: 'data-migration-key-change',
    severity: 'error',
    path: ['set'],
    message: `"set" changes ${name}, which the ranges go by`,
  }));
}

function judgeVolatile(parser: SqlParser, { change, where }: SqlDataMigration): readonly DeclarationJudgement[] {
  const texts: readonly (readonly [path: readonly string[], text: string])[] = [
    change.kind === 'update' ? [['set'], `update t set ${change.set}`] : [['insert', 'select'], change.select],
    [['where'], `select where ${where}`],
  ];
  return texts.flatMap(([path, text]) => {
    const names = parser.split(text, path.join('.')).flatMap(({ node }) => [...walkTree(node)].flatMap(calledFunction));
    return [...new Set(names.filter((name) => VOLATILE.has(name)))].map<DeclarationJudgement>((name) => ({
      rule: 'data-migration-volatile',
      severity: 'warning',
      path,
      message: `"${path.join('.')}" calls ${name}, which gives another value every time: a batch that is tried again does something else`,
    }));
  });
}

function calledFunction({ kind, fields }: { readonly kind: string; readonly fields: object }): readonly string[] {
  if (kind !== 'FuncCall') return [];
  const parts = (fields as { readonly funcname?: readonly { readonly String?: { readonly sval?: string } }[] })
    .funcname;
  return [parts?.at(-1)?.String?.sval ?? ''];
}

function judgeScope({ scope, key }: SqlDataMigration): readonly DeclarationJudgement[] {
  if (scope?.column === undefined || key[0] === scope.column) return [];
  return [
    {
      rule: 'data-migration-scope',
      severity: 'warning',
      path: ['scope', 'column'],
      message: `the key (${key.join(', ')}) does not begin with ${scope.column}: every batch of a part walks over the rows of the others`,
    },
  ];
}
