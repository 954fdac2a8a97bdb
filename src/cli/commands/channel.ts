import type { Command } from 'commander';
import { ExitCode, newestVersion } from '../../model/index.ts';
import { openSource, renderChannels, setChannel } from '../../release/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addJsonOption } from './options.ts';
import { addSourceOption, chooseSource, type SourceOptions } from './source-option.ts';

interface ChannelOptions extends SourceOptions {
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  addExplanation(addJsonOption(addSourceOption(command)), {
    notes: [
      'A channel is a name that points to one release. Deployments follow the channel',
      'that their onward.yaml names.',
    ],
    examples: [
      ['onward channel', 'where every channel points'],
      ['onward channel set stable 1.4.0', 'offer 1.4.0 to those who follow stable'],
    ],
  }).action((options: ChannelOptions) => run((context) => list(context, options)));
  addExplanation(addSourceOption(command.command('set')), {
    notes: ['Deployments never go down: one that is past the release waits for its channel.'],
    examples: [
      ['onward channel set stable', 'to the newest release that is no prerelease'],
      ['onward channel set rc 1.5.0-rc.1', 'to this release'],
    ],
  })
    .description('Point a channel to a release')
    .argument('<channel>', 'lower-case letters, digits and hyphens, such as stable')
    .argument('[version]', 'the release (default: the newest one that is no prerelease)')
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
