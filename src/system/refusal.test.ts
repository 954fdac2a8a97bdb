import { describe, expect, it } from 'vitest';
import { ExitCode, OnwardError } from '../model/index.ts';
import { PostgresError } from './postgres-error.ts';
import { lookOnly } from './refusal.ts';

const inRun = new OnwardError({
  code: 'ssh.unreachable',
  message: 'Could not look at units on a: it cannot be connected to.',
  hint: 'Log in with "ssh a".',
  state: 'resumable',
  exit: ExitCode.needsOperator,
  detail: 'Connection refused',
  findings: [{ code: 'a', severity: 'error', message: 'b' }],
});

describe('lookOnly()', () => {
  it('gives what the look gives', async () => {
    expect(await lookOnly(async () => 7)).toBe(7);
  });

  it('says of an error of a run that nothing has changed, and keeps all else', async () => {
    const { code, message, hint, exit, detail, findings } = inRun;
    const told = await lookOnly(() => Promise.reject(inRun)).catch((error: unknown) => error);
    expect(told).toMatchObject({ code, message, hint, exit, detail, findings, state: 'unchanged' });
  });

  it('says the same of a server and of a disk that are in the way', async () => {
    const ended = new PostgresError(Object.assign(new Error('terminating connection'), { code: '57P01' }));
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write', path: '/a' });
    for (const [error, code] of [
      [ended, 'postgres.refused'],
      [full, 'files.refused'],
    ] as const)
      await expect(lookOnly(() => Promise.reject(error))).rejects.toMatchObject({ code, state: 'unchanged' });
  });

  it('leaves what is not ours as it is', async () => {
    const bug = new TypeError('x is not a function');
    await expect(lookOnly(() => Promise.reject(bug))).rejects.toBe(bug);
  });
});
