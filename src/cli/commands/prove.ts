import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ProveSchemasOptions } from '../../lint/index.ts';
import { ExitCode } from '../../model/index.ts';
import { resolveConnectionTarget } from '../../system/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { renderProof } from '../render/prove.ts';
import { renderMissing } from '../render/record.ts';
import { addExplanation } from './explanation.ts';
import { addJsonOption } from './options.ts';

interface ProveCommandOptions {
  readonly before: string;
  readonly after: string;
  readonly queries: string;
  readonly minimumCoverage?: number;
  readonly server?: string;
  readonly on?: string;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  addExplanation(addJsonOption(command), {
    notes: [
      'A schema is an SQL file such as "pg_dump --schema-only" writes, a folder of migrations,',
      'or the URL of a scratch database without rows, which is copied. The statements are a file',
      'of "onward record", or SQL. Each one is prepared, planned and, where it writes, run with',
      'generated values on both schemas, in scratch databases that are removed again.',
      '',
      'Exits with 1 when a statement breaks, reads something else than it was made for, or',
      'when too few calls have a verdict.',
    ],
    examples: [
      ['onward prove --before old.sql --after new.sql --queries queries.json', 'compare two dumps'],
      ['onward prove --before v1/ --after v2/ --queries app.sql --server 17', 'on Postgres 17'],
    ],
  })
    .requiredOption('--before <schema>', 'the schema that the statements were made for')
    .requiredOption('--after <schema>', 'the schema that they are to meet')
    .requiredOption('--queries <file>', 'the statements')
    .option('--minimum-coverage <share>', 'share of calls that must have a verdict, 0 to 1 (default: 0.95)', share)
    .addOption(
      new Option('--server <version>', 'major version of Postgres (default: that of a URL, else 15)').choices(VERSIONS),
    )
    .option('--on <url>', 'a scratch server for SQL files, instead of an embedded one')
    .action((options: ProveCommandOptions) => run((context) => prove(context, options)));
}

const VERSIONS = ['14', '15', '16', '17', '18'];

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('must be a number from 0 to 1');
  return value;
}

async function prove(context: CommandContext, options: ProveCommandOptions): Promise<ExitCode> {
  const { judgeProof, proveSchemas } = await import('../../lint/index.ts');
  const { system, print, say, interrupt } = context;
  const { before, after, queries, minimumCoverage, server, on, json } = options;
  const { environment } = system;
  const { report, missing } = await proveSchemas(system, {
    before,
    after,
    queries,
    minimumCoverage,
    server: server === undefined ? undefined : (Number(server) as NonNullable<ProveSchemasOptions['server']>),
    on: on === undefined ? undefined : await resolveConnectionTarget({ url: on, origin: '--on', environment }),
    signal: interrupt,
  });
  const findings = judgeProof(report, queries);
  if (json) print(`${JSON.stringify({ findings, ...report, missing })}\n`);
  else {
    for (const line of renderMissing(missing)) say(line);
    print(renderProof(report, findings));
  }
  return findings.some(({ severity }) => severity === 'error') ? ExitCode.findings : ExitCode.done;
}
