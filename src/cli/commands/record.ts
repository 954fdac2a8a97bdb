import { type Command, InvalidArgumentError } from 'commander';
import { ExitCode } from '../../model/index.ts';
import { resolveConnectionTarget } from '../../system/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { describeRecord, renderMissing } from '../render/record.ts';
import { addExplanation } from './explanation.ts';
import { addJsonOption } from './options.ts';

interface RecordCommandOptions {
  readonly output: string;
  readonly user?: readonly string[];
  readonly minCalls?: number;
  readonly release?: string;
  readonly replace?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  addExplanation(addJsonOption(command), {
    notes: [
      'Reads pg_stat_statements, which the server must have loaded, and changes nothing. The',
      'file holds no values, only the texts, how often each was run, and by which role. What',
      'could not be seen is said, and stands in the file.',
      '',
      'What the URL leaves out comes from PGHOST, PGPORT, PGUSER, PGDATABASE, PGSSLMODE and',
      'the other variables of libpq, the password from PGPASSWORD, PGPASSWORD_FILE or',
      'PGPASSFILE.',
    ],
    examples: [
      ['onward record postgres://monitor@db/core -o queries.json', 'what all applications send'],
      ['onward record postgres://monitor@db/core -o queries.json --user shop', 'what one role sends'],
      ['onward prove --before old.sql --after new.sql --queries queries.json', 'what to do with it'],
    ],
  })
    .argument('<url>', 'postgres://user@host:5432/database, of the running version')
    .requiredOption('-o, --output <file>', 'file to write, for its owner alone')
    .option('--user <role...>', 'only what these roles send (default: all but superusers)')
    .option('--min-calls <number>', 'leave out what was run less often', calls)
    .option('--release <version>', 'note which release runs')
    .option('--replace', 'replace the file when it is there')
    .action((url: string, options: RecordCommandOptions) => run((context) => record(context, url, options)));
}

function calls(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('must be a whole number from 1');
  return count;
}

async function record(context: CommandContext, url: string, options: RecordCommandOptions): Promise<ExitCode> {
  const { recordStatements, saveStatements } = await import('../../lint/index.ts');
  const { system, print, say } = context;
  const { output, user, minCalls, release, replace, json } = options;
  const target = await resolveConnectionTarget({ url, origin: '<url>', environment: system.environment });
  const file = await recordStatements(system, target, {
    ...(user === undefined ? {} : { roles: user }),
    ...(minCalls === undefined ? {} : { minimumCalls: minCalls }),
    ...(release === undefined ? {} : { release }),
  });
  await saveStatements(system, file, { path: output, mayReplace: replace === true });
  const { statements, missing } = file;
  if (json) {
    const sum = statements.reduce((total, statement) => total + statement.calls, 0);
    print(`${JSON.stringify({ file: output, statements: statements.length, calls: sum, missing })}\n`);
    return ExitCode.done;
  }
  for (const line of renderMissing(missing)) say(line);
  print(`${describeRecord(output, statements)}\n`);
  return ExitCode.done;
}
