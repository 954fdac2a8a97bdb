import type { Finding, MigrationCommand } from '../model/index.ts';
import { refuseQuery } from '../sql/index.ts';
import { loadSqlParser } from '../system/index.ts';
import type { DeclaredCommand } from './migration-command-shapes.ts';
import type { Product } from './product.ts';
import type { ReleaseDetails } from './release-details.ts';

interface Declared {
  readonly product: Pick<Product, 'migrationCommands' | 'services'>;
  readonly details: Pick<ReleaseDetails, 'migrationCommands'>;
}

/**
 * The commands of a release in the order in which they run: the product's, and the release's own, of which one takes the place of the
 * product's by the same name. Each as early as what it comes after allows; those that wait for each other in a circle come last.
 */
export function listMigrationCommands(declared: Declared): readonly MigrationCommand[] {
  const commands = mergeCommands(declared);
  const ordered: DeclaredCommand[] = [];
  const isPlaced = (name: string) =>
    ordered.some((other) => other.name === name) || !commands.some((other) => other.name === name);
  for (let before = -1; before < ordered.length; ) {
    before = ordered.length;
    const next = commands.find((command) => !ordered.includes(command) && command.after.every(isPlaced));
    if (next) ordered.push(next);
  }
  return [...ordered, ...commands.filter((command) => !ordered.includes(command))].map(({ after: _, ...command }) => {
    const own = declared.product.services.find(({ name }) => name === command.service)?.database;
    const looked = command.check.kind === 'sql' ? command.check.database : undefined;
    return { ...command, databases: [...new Set([own, looked].filter((name) => name !== undefined))] };
  });
}

/** What is wrong with the commands of a release, and what a vendor should know of them. */
export async function checkMigrationCommands(
  declared: Declared,
  { databases }: { readonly databases: readonly string[] },
): Promise<readonly Finding[]> {
  const commands = mergeCommands(declared);
  if (commands.length === 0) return [];
  const parser = await loadSqlParser();
  return commands.flatMap((command) => {
    const { name, service, check } = command;
    const what = `migration command "${name}"`;
    const findings: Finding[] = [...checkOrder(command, commands)];
    if (!declared.product.services.some((known) => known.name === service))
      findings.push({
        code: 'release.unknown-service',
        severity: 'error',
        message: `${what} runs in service ${service}, which product.yaml does not have`,
        hint: `Name one of ${declared.product.services.map((known) => known.name).join(', ')}.`,
      });
    if (check.kind === 'sql' && !databases.includes(check.database))
      findings.push({
        code: 'release.unknown-database',
        severity: 'error',
        message: `the check of ${what} is of database ${check.database}, which product.yaml does not have`,
        hint: databases.length > 0 ? `Name one of ${databases.join(', ')}.` : 'Add it to `databases` in product.yaml.',
      });
    const problem = check.kind === 'sql' ? refuseQuery(parser, check.query) : undefined;
    if (problem !== undefined)
      findings.push({
        code: 'release.unreadable-check',
        severity: 'error',
        message: `the query of ${what} cannot be used: ${problem}`,
        hint: 'Write one SELECT that only reads.',
      });
    if (check.kind === 'exit-code')
      findings.push({
        code: 'release.trusted-exit-code',
        severity: 'warning',
        message: `${what} is believed by its exit code alone: nobody looks at what it has done, and it runs in every run`,
        hint: 'Declare what is so afterwards, as `check: { sql: … }` or `check: { command: … }`.',
      });
    return findings;
  });
}

function mergeCommands({ product, details }: Declared): readonly DeclaredCommand[] {
  const own = details.migrationCommands;
  return [...product.migrationCommands.filter(({ name }) => !own.some((other) => other.name === name)), ...own];
}

/** Names in `after` that mean nothing, and circles. */
function checkOrder(command: DeclaredCommand, commands: readonly DeclaredCommand[]): readonly Finding[] {
  const wrong = (message: string, hint: string): Finding => ({
    code: 'release.wrong-command-order',
    severity: 'error',
    message,
    hint,
  });
  const problems = command.after.flatMap((name) => {
    const other = commands.find((candidate) => candidate.name === name);
    if (!other)
      return wrong(
        `migration command "${command.name}" comes after "${name}", and there is no such command`,
        `Name one of ${commands.map((known) => known.name).join(', ')}.`,
      );
    if (other.phase !== command.phase)
      return wrong(
        `migration command "${command.name}" of ${command.phase} comes after "${name}" of ${other.phase}`,
        'Leave it out: the phases have their order.',
      );
    return [];
  });
  if (!listBefore(command, commands).has(command.name)) return problems;
  return [...problems, wrong(`migration command "${command.name}" comes after itself`, 'Break the circle in `after`.')];
}

/** Everything that has to run before a command. */
function listBefore(command: DeclaredCommand, commands: readonly DeclaredCommand[]): ReadonlySet<string> {
  const before = new Set(command.after);
  for (const name of before)
    for (const other of commands.find((found) => found.name === name)?.after ?? []) before.add(other);
  return before;
}
