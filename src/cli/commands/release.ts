import type { Command } from 'commander';
import { type Catalog, compareVersions, ExitCode } from '../../model/index.ts';
import {
  listNoteVersions,
  openSource,
  renderNotes,
  renderRelease,
  renderReleaseList,
  withdrawRelease,
} from '../../release/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addJsonOption } from './options.ts';
import { defineBuild } from './release-build.ts';
import { defineRisk } from './release-risk.ts';
import { addSourceOption, chooseSource, type SourceOptions } from './source-option.ts';

interface ReadOptions extends SourceOptions {
  readonly json?: boolean;
}

interface NotesOptions extends ReadOptions {
  readonly from?: string;
}

interface WithdrawOptions extends SourceOptions {
  readonly reason: string;
}

export function define(command: Command, run: RunAction): void {
  addExplanation(command, {
    examples: [
      ['onward release build 1.4.0', 'publish what product.yaml describes'],
      ['onward release list', 'what there is'],
      ['onward release notes stable', 'what changed on the way to it'],
    ],
  });
  defineBuild(command.command('build'), run);
  defineRisk(command.command('risk'), run);
  addExplanation(addJsonOption(addSourceOption(command.command('list'))), {
    examples: [
      ['onward release list', 'the releases of the source that onward.yaml names'],
      ['onward release list --source /srv/releases', 'those of a folder'],
    ],
  })
    .description('List the releases of a source')
    .action((options: ReadOptions) => run((context) => list(context, options)));
  addExplanation(addJsonOption(addSourceOption(command.command('show'))), {
    examples: [
      ['onward release show stable', 'the release that the channel points to'],
      ['onward release show 1.4.0 --json', 'the release document itself'],
    ],
  })
    .description('Show one release in full')
    .argument('<release>', 'a version, or a channel')
    .action((name: string, options: ReadOptions) => run((context) => show(context, name, options)));
  addExplanation(addJsonOption(addSourceOption(command.command('notes'))), {
    examples: [
      ['onward release notes 1.4.0', 'since the release before it'],
      ['onward release notes stable --from 1.2.0', 'since the one that runs now'],
    ],
  })
    .description('Show what changed on the way to a release')
    .argument('<release>', 'a version, or a channel')
    .option('--from <version>', 'the release that runs now (default: the one before)')
    .action((name: string, options: NotesOptions) => run((context) => showNotes(context, name, options)));
  addExplanation(addSourceOption(command.command('withdraw')), {
    notes: ['Who runs a withdrawn release can leave it. A withdrawal is not taken back.'],
    examples: [['onward release withdraw 1.4.0 --reason "loses orders"', 'nobody goes to 1.4.0 any more']],
  })
    .description('Let nobody upgrade to a release any more')
    .argument('<version>', 'the release')
    .requiredOption('--reason <text>', 'why, for operators to read')
    .action((version: string, options: WithdrawOptions) => run((context) => withdraw(context, version, options)));
}

async function list({ system, print }: CommandContext, options: ReadOptions): Promise<ExitCode> {
  const catalog = await openSource(system, await chooseSource(system, options)).catalog();
  print(options.json ? `${JSON.stringify(catalog)}\n` : renderReleaseList(catalog));
  return ExitCode.done;
}

async function show({ system, print }: CommandContext, name: string, options: ReadOptions): Promise<ExitCode> {
  const source = openSource(system, await chooseSource(system, options));
  const catalog = await source.catalog();
  const release = await source.release(resolveName(catalog, name));
  print(options.json ? `${JSON.stringify(release)}\n` : renderRelease(release, catalog));
  return ExitCode.done;
}

async function showNotes({ system, print }: CommandContext, name: string, options: NotesOptions): Promise<ExitCode> {
  const source = openSource(system, await chooseSource(system, options));
  const catalog = await source.catalog();
  const { version: to } = await source.release(resolveName(catalog, name));
  const older = catalog.releases.filter((entry) => compareVersions(entry.version, to) < 0);
  const from = options.from === undefined ? older.at(-1)?.version : resolveName(catalog, options.from);
  const versions = from === undefined ? [to] : listNoteVersions(catalog, { from, to });
  const releases = await Promise.all(versions.map((version) => source.release(version)));
  const notes = releases.map((release) => ({ version: release.version, notes: release.notes }));
  print(options.json ? `${JSON.stringify(notes)}\n` : renderNotes(releases, { from: from ?? 'nothing', to }));
  return ExitCode.done;
}

async function withdraw({ system, say }: CommandContext, version: string, options: WithdrawOptions): Promise<ExitCode> {
  const source = await chooseSource(system, options);
  const { findings } = await withdrawRelease(system, {
    source,
    version: version.replace(/^v/, ''),
    reason: options.reason,
  });
  say(`${version} is withdrawn. Who runs it can leave it; nobody goes to it any more.`);
  for (const finding of findings) say(`${finding.severity}: ${finding.message}\n    ${finding.hint}`);
  return ExitCode.done;
}

/** A channel's release, or the name itself as a version. Withdrawn releases can be looked at too. */
function resolveName(catalog: Catalog, name: string): string {
  const channel = Object.hasOwn(catalog.channels, name) ? catalog.channels[name] : undefined;
  return channel ?? name.replace(/^v/, '');
}
