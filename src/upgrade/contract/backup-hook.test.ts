import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnwardError } from '../../model/index.ts';
import { createSystem, type LogEvent, resolveConnectionTarget } from '../../system/index.ts';
import { runBackupHook } from './backup-hook.ts';

const PASSWORD = 'pa:ss\\word-of-nobody';

let folder: string;
const events: LogEvent[] = [];
const system = createSystem({
  environment: { PATH: process.env.PATH, PGPASSWORD: 'of another server' },
  onEvent: (event) => void events.push(event),
});
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-backup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function back(script: string, verify: readonly string[] = ['/bin/true']): Promise<void> {
  const program = join(folder, 'backup.sh');
  await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  const url = 'postgres://keeper@db.internal:6432/shop';
  const target = await resolveConnectionTarget({ url, password: PASSWORD, origin: 'test', environment: {} });
  const hook = { command: [program], verify, timeoutMs: 60_000 };
  const state = join(folder, 'state');
  const signal = AbortSignal.timeout(60_000);
  await runBackupHook(system, { hook, database: 'core', target, folder: state, run: 'run-1', signal });
}

const failure = (work: Promise<void>): Promise<OnwardError> =>
  work.then(
    () => Promise.reject(new Error('It did not fail')),
    (error: OnwardError) => error,
  );

describe('runBackupHook()', () => {
  it('tells the programs which database, with the password in a file of this user alone that is removed again', async () => {
    const seen = join(folder, 'seen');
    await back(`{ echo "$PGHOST $PGPORT $PGUSER $PGDATABASE $ONWARD_DATABASE [$PGPASSWORD]"; ls -l "$PGPASSFILE" | cut -c1-10
      cat "$PGPASSFILE"; tr '\\0' ' ' < /proc/$$/cmdline; } > ${seen}`);
    const [names, mode, line, argv] = (await readFile(seen, 'utf8')).split('\n');
    expect(names).toBe('db.internal 6432 keeper shop core []');
    expect(mode).toBe('-rw-------');
    expect(line).toBe('db.internal:6432:*:keeper:pa\\:ss\\\\word-of-nobody');
    expect(argv).not.toContain('word-of-nobody');
    expect(await readdir(join(folder, 'state'))).toEqual([]);
  });

  it('refuses when the backup or its proof fails, or cannot be started, and keeps the end of what they said', async () => {
    const failed = await failure(back('echo "no room" >&2; exit 3'));
    expect(failed.message).toContain('backup.command ended with 3 ("no room")');
    expect((await failure(back('exit 0', ['/bin/false']))).message).toContain('backup.verify ended with 1');
    expect((await failure(back('exit 0', ['/nowhere/at-all']))).message).toContain('could not be started (ENOENT)');
    await back('head -c 100000 /dev/zero | tr "\\0" x');
    const output = events.findLast(({ type, program }) => type === 'backup.output' && program === 'backup.command');
    expect(String(output?.output).length).toBeLessThanOrEqual(8_192);
    expect(await readdir(join(folder, 'state'))).toEqual([]);
  });
});
