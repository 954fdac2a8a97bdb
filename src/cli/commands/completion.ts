import { Argument, type Command } from 'commander';
import { ExitCode } from '../../model/index.ts';
import type { RunAction } from '../command-context.ts';
import { renderCompletion, SHELLS, type Shell } from '../render/completion.ts';

export function define(command: Command, run: RunAction): void {
  command
    .addArgument(new Argument('<shell>', 'the shell to print a script for').choices(SHELLS))
    .addHelpText('after', '\nFor example: onward completion bash > /etc/bash_completion.d/onward')
    .action((shell: Shell) =>
      run(async (context) => {
        context.print(renderCompletion(shell, command.parent ?? command));
        return ExitCode.done;
      }),
    );
}
