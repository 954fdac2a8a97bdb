import type { Command } from 'commander';
import type { RunAction } from '../command-context.ts';
import { defineLedger } from './adopt-ledger.ts';
import { addExplanation } from './explanation.ts';

export function define(command: Command, run: RunAction): void {
  addExplanation(command, {
    notes: ['Nothing is started, stopped or migrated. What cannot be told is asked, not guessed.'],
    examples: [['onward adopt ledger --dry-run', 'what the migration tool of before has applied']],
  });
  defineLedger(command.command('ledger'), run);
}
