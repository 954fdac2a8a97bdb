import type { Command } from 'commander';
import type { RunAction } from '../command-context.ts';
import { defineFiles } from './adopt-files.ts';
import { defineLedger } from './adopt-ledger.ts';
import { definePropose } from './adopt-propose.ts';
import { defineAdoptRelease } from './adopt-release.ts';
import { defineTraffic } from './adopt-traffic.ts';
import { addExplanation } from './explanation.ts';

export function define(command: Command, run: RunAction): void {
  addExplanation(command, {
    notes: [
      'By itself it looks at what runs and proposes onward.yaml and product.yaml, with the',
      'reason of each line. Nothing is started, stopped or migrated. What cannot be told is',
      'marked, not guessed. It ends with the next command.',
    ],
    examples: [
      ['onward adopt', 'propose for the Compose project in this folder'],
      ['onward adopt --write', 'the same, and write both files'],
      ['onward adopt --host a b', 'propose for units of hosts'],
      ['onward adopt ledger --dry-run', 'what the migration tool of before has applied'],
      ['onward adopt release 1.4.2', 'prove that this runs, and record it'],
    ],
  });
  // What stands behind "ledger" is its own: it has a --file too.
  command.enablePositionalOptions(true);
  definePropose(command, run);
  defineFiles(command.command('files'), run);
  defineLedger(command.command('ledger'), run);
  defineTraffic(command.command('traffic'), run);
  defineAdoptRelease(command.command('release'), run);
}
