import type { Command } from 'commander';
import type { RunAction } from '../command-context.ts';
import { definePropose } from './adopt-propose.ts';
import { addExplanation } from './explanation.ts';

export function define(command: Command, run: RunAction): void {
  addExplanation(command, {
    notes: [
      'Looks at what runs and proposes onward.yaml and product.yaml, with the reason of each',
      'line. Nothing is started, stopped or changed. What cannot be told is marked.',
    ],
    examples: [
      ['onward adopt', 'propose for the Compose project in this folder'],
      ['onward adopt --write', 'the same, and write both files'],
    ],
  });
  definePropose(command, run);
}
