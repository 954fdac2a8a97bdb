import { type Command, Option } from 'commander';
import { type FilesPlan, FOREIGN_LAYOUTS, planConversion, writeConversion } from '../../adopt/index.ts';
import { ExitCode, renderFinding } from '../../model/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addJsonOption } from './options.ts';

interface FilesOptions {
  readonly from: string;
  readonly source: string;
  readonly to: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function defineFiles(command: Command, run: RunAction): void {
  const tools = FOREIGN_LAYOUTS.map(({ name }) => name);
  addExplanation(command, {
    notes: [
      'Copies the files into a new folder, in the layout <number>_<name>.up.sql. Ways back are left',
      'out. A text stays as it is, byte by byte, where nothing had to be left out of it, so that the',
      'checksums which the tool keeps still fit. Done once, by the vendor; no database is needed.',
      '',
      'The files of Caracal, FrameWorks and golang-migrate are laid out as Onward reads them.',
    ],
    examples: [
      ['onward adopt files --from flyway --source db/migration', 'write ./migrations'],
      ['onward adopt files --from prisma --source prisma/migrations --dry-run', 'show what it would write'],
    ],
  });
  addJsonOption(
    command
      .description("Write another tool's migration files as Onward reads them")
      .addOption(new Option('--from <tool>', 'whose files they are').choices(tools).makeOptionMandatory())
      .option('--source <folder>', 'where they are', './db/migrations')
      .option('--to <folder>', 'a new folder', './migrations')
      .option('--dry-run', 'show what would be written, and write nothing'),
  ).action((options: FilesOptions) => run((context) => convert(context, options)));
}

async function convert({ system, print, say }: CommandContext, options: FilesOptions): Promise<ExitCode> {
  const tool = FOREIGN_LAYOUTS.find(({ name }) => name === options.from);
  if (!tool) return ExitCode.usage;
  const plan = await planConversion(system, tool, options.source);
  for (const finding of plan.findings.filter(({ severity }) => severity === 'warning'))
    say(`warning ${finding.code}: ${renderFinding(finding)}`);
  if (!options.dryRun) await writeConversion(system, plan, { from: options.source, to: options.to });
  print(options.json ? `${JSON.stringify(encode(plan))}\n` : render(plan, options));
  return plan.findings.some(({ severity }) => severity === 'error') ? ExitCode.findings : ExitCode.done;
}

function render(plan: FilesPlan, options: FilesOptions): string {
  const errors = plan.findings.filter(({ severity }) => severity === 'error');
  const width = Math.max(0, ...plan.files.map(({ from }) => from.length));
  return [
    ...plan.files.map(
      ({ from, to, isChanged }) =>
        `${from.padEnd(width)}  ${to}${isChanged ? '  without its marks and its way back' : ''}`,
    ),
    ...plan.ignored.map((path) => `${path.padEnd(width)}  left out`),
    ...errors.map((finding) => `error ${finding.code}: ${renderFinding(finding)}`),
    `${plan.files.length} ${plan.files.length === 1 ? 'file' : 'files'} ${options.dryRun ? 'to write' : `written to ${options.to}`}.`,
    '',
  ].join('\n');
}

function encode({ files, ignored, findings }: FilesPlan) {
  return { files: files.map(({ from, to, isChanged }) => ({ from, to, isChanged })), ignored, findings };
}
