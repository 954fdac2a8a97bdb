import { Argument, type Command } from 'commander';
import { ExitCode } from '../../model/index.ts';
import type { RunAction } from '../command-context.ts';
import { renderCompletion, SHELLS, type Shell } from '../render/completion.ts';
import { addExplanation } from './explanation.ts';

export function define(command: Command, run: RunAction): void {
  addExplanation(command, {
    examples: [
      ['onward completion bash > /etc/bash_completion.d/onward', 'for everyone on this machine'],
      ['source <(onward completion zsh)', 'for this shell'],
      ['onward completion fish > ~/.config/fish/completions/onward.fish', 'for you'],
    ],
  })
    .addArgument(new Argument('<shell>', 'the shell to print a script for').choices(SHELLS))
    .action((shell: Shell) =>
      run(async (context) => {
        context.print(renderCompletion(shell, command.parent ?? command));
        return ExitCode.done;
      }),
    );
}
