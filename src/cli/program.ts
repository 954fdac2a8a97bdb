import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { closest, ExitCode } from '../model/index.ts';
import { createSystem } from '../system/index.ts';
import type { CommandContext, RunAction } from './command-context.ts';
import { COMMANDS } from './commands/index.ts';
import { createEventSink } from './event-sink.ts';
import { renderError } from './render/error.ts';
import { askYesNo, installInterrupt } from './terminal.ts';

/** Parses the arguments, loads the one command that is meant, runs it, and renders whatever it throws. Gives the exit code. */
export async function runProgram(options: {
  readonly argv: readonly string[];
  readonly version: string;
}): Promise<number> {
  let exit: number = ExitCode.done;
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
  };
  const run: RunAction = async (action) => {
    exit = await action(context);
  };
  try {
    const program = await defineProgram(options, run);
    await program.parseAsync([...options.argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) exit = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    else {
      const rendered = renderError(error);
      context.say(rendered.text);
      exit = rendered.exit;
    }
  } finally {
    sink.finish();
  }
  return exit;
}

async function defineProgram(
  options: { readonly argv: readonly string[]; readonly version: string },
  run: RunAction,
): Promise<Command> {
  const program = new Command('onward')
    .description('Forward-only, zero-downtime upgrades for self-hosted, Postgres-backed software')
    .version(options.version)
    .exitOverride()
    .showHelpAfterError('Run "onward --help" for the commands.')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 findings or a closed gate (nothing changed), 2 usage or configuration, 3 rolled back,\n4 needs an operator, 5 paused or parked, 6 lease lost, 70 a bug in Onward.',
    );
  const named = options.argv.find((word) => !word.startsWith('-'));
  for (const entry of COMMANDS) {
    const command = new Command(entry.name).description(entry.summary).exitOverride().showHelpAfterError();
    program.addCommand(command);
    // Only the command that is meant is loaded; completion needs to know them all.
    if (entry.name === named || named === 'completion') (await entry.load()).define(command, run);
  }
  const unknown = named !== undefined && named !== 'help' && !COMMANDS.some((entry) => entry.name === named);
  if (unknown) {
    const meant = closest(
      named,
      COMMANDS.map((entry) => entry.name),
    );
    program.error(`error: unknown command "${named}"${meant === undefined ? '' : `; did you mean "onward ${meant}"?`}`);
  }
  return program;
}

/** The detached programs stand beside the command in the bundle. */
function locatePrograms(): { readonly supervisor: string; readonly switch: string } {
  const beside = (name: string) =>
    fileURLToPath(new URL(name, new URL(import.meta.url.includes('/chunks/') ? '../' : './', import.meta.url)));
  return { supervisor: beside('supervisor.js'), switch: beside('switch.js') };
}
