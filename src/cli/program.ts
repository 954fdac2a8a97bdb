import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { closest, ExitCode, type OnwardError } from '../model/index.ts';
import { createSystem } from '../system/index.ts';
import type { CommandContext, RunAction } from './command-context.ts';
import { COMMANDS } from './commands/index.ts';
import { toldToStop, unusableArguments } from './errors.ts';
import { createEventSink } from './event-sink.ts';
import { renderError } from './render/error.ts';
import { askYesNo, installInterrupt, outliveReaders } from './terminal.ts';

/** Parses the arguments, loads the one command that is meant, runs it, and renders whatever it throws. Gives the exit code. */
export async function runProgram(options: {
  readonly argv: readonly string[];
  readonly version: string;
}): Promise<number> {
  outliveReaders();
  let exit: number = ExitCode.done;
  // An empty one says nothing, as with libpq; the reader of password files would take it for a password.
  if (process.env.PGPASSWORD === '') delete process.env.PGPASSWORD;
  const sink = createEventSink();
  const system = createSystem({ environment: process.env, onEvent: sink.receive });
  const context: CommandContext = {
    system,
    programs: { ...locatePrograms(), toolVersion: options.version },
    print: (text) => void process.stdout.write(system.redaction.apply(text)),
    say: (text) => sink.say(system.redaction.apply(text)),
    ask: askYesNo,
    interrupt: installInterrupt(),
    isTerminal: process.stderr.isTTY === true,
    isColoured: process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '',
  };
  const run: RunAction = async (action) => {
    exit = await action(context);
  };
  const program = await defineProgram(options, run);
  try {
    assertKnown(program, options.argv);
    await program.parseAsync([...options.argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && HELP.includes(error.code)) {
      exit = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    } else {
      const rendered = renderError(
        error instanceof CommanderError
          ? toUsageError(error, program, options.argv)
          : isInterruption(error, context.interrupt)
            ? toldToStop()
            : error,
      );
      context.say(rendered.text);
      exit = rendered.exit;
    }
  } finally {
    sink.finish();
  }
  return exit;
}

/** Whether a command ended because it was asked to; a program that it ran then says so with the reason as its cause. */
function isInterruption(error: unknown, { aborted, reason }: AbortSignal): boolean {
  return aborted && (error === reason || (error instanceof Error && error.cause === reason));
}

/** The parser ends in these when it has printed what was asked for. */
const HELP: readonly string[] = ['commander.help', 'commander.helpDisplayed', 'commander.version'];

async function defineProgram(
  options: { readonly argv: readonly string[]; readonly version: string },
  run: RunAction,
): Promise<Command> {
  const program = new Command('onward')
    .description('Forward-only, zero-downtime upgrades for self-hosted, Postgres-backed software')
    .version(options.version)
    .exitOverride()
    // What stands behind a command is the command's: "upgrade --version" names a release.
    .enablePositionalOptions()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: false })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 findings or a closed gate (nothing changed), 2 usage or configuration, 3 rolled back,\n4 needs an operator, 5 paused or parked, 6 lease lost, 70 a bug in Onward.',
    );
  const named = nameOf(options.argv);
  for (const entry of COMMANDS) {
    const command = program.command(entry.name).description(entry.summary);
    // Options of "channel" may stand before "set" too; the program's own setting is not meant for them.
    command.enablePositionalOptions(false);
    // Only the command that is meant is loaded; completion needs to know them all.
    if (entry.name === named || named === 'completion') (await entry.load()).define(command, run);
  }
  return program;
}

/** The command that is meant, or that help is wanted for. */
function nameOf(argv: readonly string[]): string | undefined {
  const [first, second] = argv.filter((word) => !word.startsWith('-'));
  return first === 'help' ? second : first;
}

/** Only the command that is meant is loaded, so the parser cannot tell whether help is asked for one that exists. */
function assertKnown(program: Command, argv: readonly string[]): void {
  const named = nameOf(argv);
  if (named !== undefined && !COMMANDS.some((entry) => entry.name === named)) {
    program.error(`unknown command '${named}'`);
  }
}

/** Names the command as far as the words name one, `onward release build`, and the one that was probably meant. */
function toUsageError(error: CommanderError, program: Command, argv: readonly string[]): OnwardError {
  const words = argv.filter((word) => !word.startsWith('-') && word !== 'help');
  const path = [program.name()];
  let command = program;
  let wrong: string | undefined;
  for (const word of words) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (!next) {
      wrong = word;
      break;
    }
    path.push(word);
    command = next;
  }
  const isWord = error.code === 'commander.excessArguments' || error.message.includes('unknown command');
  const names = command.commands.map((candidate) => candidate.name());
  const meant = isWord && wrong !== undefined ? closest(wrong, names) : undefined;
  const said = path.join(' ');
  return unusableArguments({ says: error.message, command: said, meant: meant && `${said} ${meant}` });
}

/** The detached programs stand beside the command in the bundle. */
function locatePrograms(): { readonly supervisor: string; readonly switch: string } {
  const beside = (name: string) =>
    fileURLToPath(new URL(name, new URL(import.meta.url.includes('/chunks/') ? '../' : './', import.meta.url)));
  return { supervisor: beside('supervisor.js'), switch: beside('switch.js') };
}
