import type { Command } from 'commander';

export interface Explanation {
  /** What one should know before running it; lines of at most 80 characters. */
  readonly notes?: readonly string[];
  /** A command line as it is typed, and what it is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
}

/** Adds what stands behind the options in a command's help: notes, then examples. */
export function addExplanation(command: Command, { notes = [], examples }: Explanation): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, purpose]) => `  ${line.padEnd(width)}  ${purpose}`);
  const blocks = [notes, ['Examples:', ...lines]].filter((block) => block.length > 0);
  return command.addHelpText('after', blocks.map((block) => `\n${block.join('\n')}`).join('\n'));
}
