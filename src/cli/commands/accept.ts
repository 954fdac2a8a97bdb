import { type Command, InvalidArgumentError } from 'commander';
import { describeAcceptance, ExitCode, parseDuration } from '../../model/index.ts';
import {
  type AcceptRequest,
  acceptRisk,
  type Installation,
  listAcceptances,
  withdrawAcceptance,
} from '../../upgrade/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { unusableArguments } from '../errors.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface AcceptOptions {
  readonly file: string;
  readonly json?: boolean;
  readonly reason?: string;
  readonly until?: NonNullable<AcceptRequest['until']>;
  readonly version?: string;
  readonly list?: boolean;
  readonly withdraw?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addFileOption(command)))
    .argument('[risk]', 'its name, as the plan gives it')
    .option('--reason <text>', 'why, in three words at least, for whoever reads the record')
    .option('--until <end>', 'a last day such as 2026-12-31 (UTC), or a time from now such as 30d', parseEnd)
    .option('--version <version>', 'the target of the plan (default: the channel of onward.yaml)')
    .option('--withdraw', 'take an acceptance back; it stays on record')
    .option('--list', 'list all that was ever accepted')
    .action((risk: string | undefined, options: AcceptOptions) =>
      run((context) => {
        assertOneThing(risk, options);
        return withInstallation(context, options.file, (installation) =>
          act(context, installation, { ...options, risk }),
        );
      }),
    );
}

async function act(
  context: CommandContext,
  installation: Installation,
  { risk, ...options }: AcceptOptions & { readonly risk: string | undefined },
): Promise<ExitCode> {
  if (risk === undefined) return list(context, installation, options);
  if (options.withdraw) {
    await withdrawAcceptance(context.system, installation, risk);
    context.say(`The acceptance of ${risk} is withdrawn, and stays on record.`);
    return ExitCode.done;
  }
  const { reason = '', until, version } = options;
  const accepted = await acceptRisk(context.system, installation, {
    risk,
    reason,
    ...(until === undefined ? {} : { until }),
    ...(version === undefined ? {} : { version }),
  });
  if (options.json) context.print(`${JSON.stringify(accepted)}\n`);
  else context.say(`${risk} ${describeAcceptance(accepted)}`);
  return ExitCode.done;
}

async function list(
  { print }: CommandContext,
  installation: Installation,
  { json }: Pick<AcceptOptions, 'json'>,
): Promise<ExitCode> {
  const accepted = await listAcceptances(installation);
  if (json) for (const one of accepted) print(`${JSON.stringify(one)}\n`);
  else if (accepted.length === 0) print('Nothing was ever accepted.\n');
  else
    for (const one of accepted) {
      const since = `${one.acceptedAt.slice(0, 10)} for ${one.release}`;
      print(`${one.state.padEnd(9)}  ${one.risk}  ${since}, ${describeAcceptance(one)}\n`);
    }
  return ExitCode.done;
}

function assertOneThing(risk: string | undefined, { list, withdraw, reason }: Omit<AcceptOptions, 'file'>): void {
  const says = (text: string) => unusableArguments({ says: text, command: 'onward accept' });
  if (list && (risk !== undefined || withdraw)) throw says('--list stands alone');
  if (risk === undefined && !list) throw says('<risk> is missing');
  if (!list && !withdraw && reason === undefined) throw says('--reason is missing');
}

/** A day counts to its end. */
function parseEnd(text: string): NonNullable<AcceptRequest['until']> {
  const inMs = parseDuration(text);
  if (inMs !== undefined) return { inMs };
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text)
    throw new InvalidArgumentError('must be a day such as 2026-12-31, or a time from now such as 30d.');
  return { at: new Date(at + 86_400_000).toISOString() };
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: [
      'What is accepted is exactly what the plan says of the risk: when that changes, it has',
      'to be accepted again. Nothing else opens a gate, and no gate that is closed because',
      'something is broken can be accepted.',
    ],
    examples: [
      ['onward accept slow-vacuum --reason "we vacuum on Sundays" --until 30d', 'go on in spite of it'],
      ['onward accept slow-vacuum --withdraw', 'take that back'],
      ['onward accept --list', 'who accepted what, when and why'],
    ],
  });
}
