import type { Command } from 'commander';
import { ExitCode } from '../../model/index.ts';
import { addRisk, fixRisk, openSource, type RiskReport, removeRisk, renderRisks } from '../../release/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addJsonOption } from './options.ts';
import { addSourceOption, chooseSource, type SourceOptions } from './source-option.ts';

interface ListOptions extends SourceOptions {
  readonly json?: boolean;
}

interface FixOptions extends SourceOptions {
  readonly in: string;
}

export function defineRisk(command: Command, run: RunAction): void {
  addExplanation(command, {
    notes: [
      'A risk is something that goes wrong with a release in some deployments. An upgrade',
      'to a release that has one waits until the operator has accepted it.',
    ],
    examples: [
      ['onward release risk add slow-vacuum.yaml', 'say what became known of releases that are out'],
      ['onward release risk fix slow-vacuum --in 1.4.2', 'say which release is the first without it'],
    ],
  }).description('Say what is known to go wrong with releases');
  addExplanation(addSourceOption(command.command('add')), {
    notes: ['The file holds id, message, affects, and if wanted url, fixedIn and when.'],
    examples: [['onward release risk add slow-vacuum.yaml', 'add the risk that the file describes']],
  })
    .description('Add a risk that became known after a release')
    .argument('<file>', 'YAML file that describes it')
    .action((file: string, options: SourceOptions) => run((context) => add(context, file, options)));
  addExplanation(addJsonOption(addSourceOption(command.command('list'))), {
    examples: [['onward release risk list', 'every risk, and which releases have it']],
  })
    .description('List the known risks')
    .action((options: ListOptions) => run((context) => list(context, options)));
  addExplanation(addSourceOption(command.command('fix')), {
    notes: ['The release need not be published yet. Who runs an older one still has the risk.'],
    examples: [['onward release risk fix slow-vacuum --in 1.4.2', '1.4.2 and what comes after is free of it']],
  })
    .description('Say which release is the first without a risk')
    .argument('<risk>', 'its id')
    .requiredOption('--in <version>', 'the first release without it')
    .action((id: string, options: FixOptions) => run((context) => fix(context, id, options)));
  addExplanation(addSourceOption(command.command('remove')), {
    notes: ['For one that was none. Say of one that was fixed which release fixes it instead.'],
    examples: [['onward release risk remove slow-vacuum', 'it was a false alarm']],
  })
    .description('Take back a risk that was none')
    .argument('<risk>', 'its id')
    .action((id: string, options: SourceOptions) => run((context) => remove(context, id, options)));
}

async function add({ system, say }: CommandContext, file: string, options: SourceOptions): Promise<ExitCode> {
  const report = await addRisk(system, { source: await chooseSource(system, options), file });
  say(`Risk ${report.risk.id} is known. ${describeCarriers(report)}`);
  for (const { severity, message, hint } of report.findings) say(`${severity}: ${message}\n    ${hint}`);
  return ExitCode.done;
}

async function list({ system, print }: CommandContext, options: ListOptions): Promise<ExitCode> {
  const catalog = await openSource(system, await chooseSource(system, options)).catalog();
  print(options.json ? `${JSON.stringify(catalog.risks ?? [])}\n` : renderRisks(catalog));
  return ExitCode.done;
}

async function fix({ system, say }: CommandContext, id: string, options: FixOptions): Promise<ExitCode> {
  const version = options.in.replace(/^v/, '');
  const report = await fixRisk(system, { source: await chooseSource(system, options), id, version });
  say(`Risk ${id} is fixed in ${version}. ${describeCarriers(report)}`);
  return ExitCode.done;
}

async function remove({ system, say }: CommandContext, id: string, options: SourceOptions): Promise<ExitCode> {
  await removeRisk(system, { source: await chooseSource(system, options), id });
  say(`Risk ${id} is taken back.`);
  return ExitCode.done;
}

function describeCarriers({ risk, versions }: RiskReport): string {
  const published =
    versions.length === 0 ? 'No published release has it' : `Releases that have it: ${versions.join(', ')}`;
  return risk.fixedIn === undefined ? `${published}, and every later one until one fixes it.` : `${published}.`;
}
