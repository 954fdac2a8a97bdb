import type { Command } from 'commander';
import { ExitCode, newestVersion } from '../../model/index.ts';
import { openSource, renderChannels, setChannel } from '../../release/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { addJsonOption } from './options.ts';
import { addSourceOption, chooseSource, type SourceOptions } from './source-option.ts';

interface ChannelOptions extends SourceOptions {
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  addJsonOption(addSourceOption(command)).action((options: ChannelOptions) => run((context) => list(context, options)));
  addSourceOption(command.command('set'))
    .description('Point a channel to a release')
    .argument('<channel>', 'lower-case letters, digits and hyphens, such as stable')
    .argument('[version]', 'the release; the newest one that is no prerelease when left out')
    .action((channel: string, version: string | undefined, _options: SourceOptions, set: Command) =>
      // The options of "channel" may stand before "set" too.
      run((context) => point(context, { channel, version, options: set.optsWithGlobals() })),
    );
}

async function list({ system, print }: CommandContext, options: ChannelOptions): Promise<ExitCode> {
  const catalog = await openSource(system, await chooseSource(system, options)).catalog();
  print(options.json ? `${JSON.stringify(catalog.channels)}\n` : renderChannels(catalog));
  return ExitCode.done;
}

interface PointRequest {
  readonly channel: string;
  readonly version: string | undefined;
  readonly options: SourceOptions;
}

async function point({ system, say }: CommandContext, { channel, version, options }: PointRequest): Promise<ExitCode> {
  const source = await chooseSource(system, options);
  const catalog = await openSource(system, source).catalog();
  const usable = catalog.releases.filter((entry) => !entry.withdrawn).map((entry) => entry.version);
  const target = version?.replace(/^v/, '') ?? newestVersion(usable) ?? 'none';
  const { previous } = await setChannel(system, { source, channel, version: target });
  say(
    `Channel ${channel} points to ${target}${previous === undefined || previous === target ? '' : ` (before: ${previous})`}.`,
  );
  return ExitCode.done;
}
