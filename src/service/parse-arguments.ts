import { parseArgs } from 'node:util';
import type { DataMigration } from './define-data-migration.ts';
import { unknownId, wrongArguments } from './errors.ts';
import type { Scope } from './ledger.ts';

const WITH_ID = ['status', 'run', 'verify', 'pause', 'resume'] as const;

export type Request =
  | { readonly command: 'list'; readonly isJson: boolean }
  | {
      readonly command: Exclude<(typeof WITH_ID)[number], 'run'>;
      readonly migration: DataMigration;
      readonly isJson: boolean;
    }
  | {
      readonly command: 'run';
      readonly migration: DataMigration;
      readonly isJson: boolean;
      readonly rows: number;
      readonly scope: Scope | undefined;
      readonly isDryRun: boolean;
    };

/** What follows the word `data-migrations`. Throws `service.wrong-arguments` and `service.unknown-id`. */
export function parseRequest(argv: readonly string[], migrations: readonly DataMigration[]): Request {
  const { values, positionals } = parse(argv);
  const [command, id, ...more] = positionals;
  if (values.format !== undefined && values.format !== 'json')
    throw wrongArguments(`the format ${values.format} is none`);
  const isJson = values.format === 'json';
  if (command === 'list' && id === undefined) return { command, isJson };
  const known = WITH_ID.find((name) => name === command);
  if (known === undefined || id === undefined || more.length > 0)
    throw wrongArguments(`"${positionals.join(' ')}" is no command of data migrations`);
  const migration = migrations.find((one) => one.id === id);
  if (!migration)
    throw unknownId(
      id,
      migrations.map((one) => one.id),
    );
  if (known !== 'run') return { command: known, migration, isJson };
  const rows = values['batch-size'] === undefined ? migration.batch.rows : Number(values['batch-size']);
  if (!Number.isSafeInteger(rows) || rows < 1) throw wrongArguments(`"${values['batch-size']}" is no size of a batch`);
  return {
    command: known,
    migration,
    isJson,
    rows,
    scope: parseScope(migration, values['scope-kind'], values['scope-value']),
    isDryRun: values['dry-run'] === true,
  };
}

function parseScope(
  { id, scope }: DataMigration,
  kind: string | undefined,
  value: string | undefined,
): Scope | undefined {
  if (kind === undefined && value === undefined) return undefined;
  if (value === undefined || kind === undefined) throw wrongArguments('a scope has a kind and a value');
  if (scope?.kind !== kind) throw wrongArguments(`data migration ${id} has no parts of kind ${kind}`);
  return { kind, value };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        format: { type: 'string' },
        'batch-size': { type: 'string' },
        'scope-kind': { type: 'string' },
        'scope-value': { type: 'string' },
        'dry-run': { type: 'boolean' },
      },
    });
  } catch (error) {
    throw wrongArguments((error as Error).message);
  }
}
