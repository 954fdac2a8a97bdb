import { describe, expect, it } from 'vitest';
import { chooseFiles } from './unit-files.ts';

describe('chooseFiles()', () => {
  it.each([
    {
      runs: '/usr/bin/node --no-warnings /srv/api/current/main.mjs --port 80',
      folder: '/srv/api/current',
      command: 'node --no-warnings main.mjs --port 80',
    },
    { runs: '/usr/bin/node dist/main.mjs', folder: undefined, command: 'node dist/main.mjs' },
    { runs: '/usr/bin/python3 /srv/app/run.py', folder: '/srv/app', command: '/usr/bin/python3 run.py' },
    { runs: '/usr/bin/python3 run.py', folder: undefined, command: '/usr/bin/python3 run.py' },
    { runs: '/srv/search/search --verbose', folder: '/srv/search', command: './search --verbose' },
  ])('of $runs is $command', ({ runs, folder, command }) => {
    expect(chooseFiles(runs.split(' '))).toEqual({ folder, command: command.split(' ') });
  });
});
