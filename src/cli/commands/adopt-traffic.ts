import { type Command, InvalidArgumentError } from 'commander';
import { describeStep, isStepDone, prepareStep, runStep, type TrafficStep, undoStep } from '../../adopt/index.ts';
import { ExitCode, parseDuration } from '../../model/index.ts';
import { lookOnly } from '../../system/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { askToStart } from '../confirm.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface Options {
  readonly file: string;
  readonly image: string;
  readonly grace: number;
  readonly undo?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function defineTraffic(command: Command, run: RunAction): void {
  addExplanation(addJsonOption(addFileOption(command)), {
    notes: [
      'For services in Compose whose switch in onward.yaml is the HAProxy in ./haproxy. It says',
      'what it does and what is interrupted before it does anything. No Compose file of yours',
      'is changed: what it needs stands in files of its own, which .env names.',
      '',
      'A HAProxy of your own gets the backends that onward.yaml names, with what runs now.',
      'It sends requests there once you change the lines of its frontends. In front of hosts,',
      'the switch that comes with Onward begins to listen, and sends to what runs now.',
    ],
    examples: [
      ['onward adopt traffic --dry-run', 'explain, and change nothing'],
      ['onward adopt traffic', 'explain, ask, and do it'],
      ['onward adopt traffic --undo', 'take it back'],
    ],
  })
    .description('Bring the traffic behind the switch, in one step that can be taken back')
    .option('--image <image>', 'image of HAProxy, 2.6 or newer', 'haproxy:2.6')
    .option('--grace <duration>', 'for what is under way in a container that stops (default: "1s")', parseGrace, 1_000)
    .option('--undo', 'take the step back')
    .option('--dry-run', 'explain, and change nothing')
    .option('-y, --yes', 'do not ask')
    .action((options: Options) => run((context) => bring(context, options)));
}

async function bring(context: CommandContext, options: Options): Promise<ExitCode> {
  const { system, say, print } = context;
  return withInstallation(context, options.file, async (installation) => {
    const step = await lookOnly(() =>
      prepareStep(system, installation, { image: options.image, graceMs: options.grace }),
    );
    if (isStepDone(step) && !options.undo) {
      say('The traffic is behind the switch already.\nNext:\n  onward status');
      return ExitCode.done;
    }
    if (!options.undo && !options.json) print(`${describeStep(step)}\n`);
    if (options.dryRun) {
      if (options.json) print(`${JSON.stringify(encodeStep(step))}\n`);
      say('Nothing has changed.\nNext:\n  onward adopt traffic');
      return ExitCode.done;
    }
    const question = options.undo
      ? 'Take the traffic from behind the switch again?'
      : 'Bring the traffic behind the switch?';
    if (!options.yes && !(await askToStart(context, question))) return ExitCode.done;
    const act = options.undo ? undoStep : runStep;
    const { gapMs } = await act(system, installation, { step, say: (what) => say(`✓ ${what}`) });
    if (options.json) print(`${JSON.stringify({ undone: options.undo === true, gapMs })}\n`);
    say(describeEnd(step, gapMs, options));
    return ExitCode.done;
  });
}

function encodeStep({ own, made }: TrafficStep): object {
  const backends = own.map(({ name, haproxy, frontend: { listen }, isServing }) => {
    return { service: name, ...haproxy, ...(listen ? { listen } : {}), isServing };
  });
  return { own: backends, ...(made ? { plan: made.plan, files: made.layout.files } : {}) };
}

function parseGrace(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('it must be a duration, such as 5s');
  return ms;
}

function describeEnd({ own }: TrafficStep, gapMs: number | undefined, { undo }: Options): string {
  const gap =
    gapMs === undefined
      ? 'Nothing was interrupted.'
      : `New connections were refused for ${Math.round(gapMs)} ms at most.`;
  if (undo)
    return `${gap}\nThe project is as before; onward.yaml still names the switch.\nNext:\n  onward adopt traffic --dry-run`;
  const filled = own.filter(({ isServing }) => !isServing);
  const lines = [
    ...(filled.some(({ haproxy }) => haproxy)
      ? ['\nYour own HAProxy sends requests there once its frontends lead to the new backends, as onward.yaml says.']
      : []),
    ...filled
      .filter(({ haproxy }) => !haproxy)
      .map(({ name, frontend: { listen } }) => `\nLead those who ask ${name} to ${listen?.host}:${listen?.port} now.`),
  ].join('');
  return `${gap}${lines}\nNext:\n  onward adopt release <version>  where it is not on record\n  onward status`;
}
