import type { Probe } from './check.ts';

/** Runs a program in the tool's environment. Its output is looked at and never shown: it may hold secrets. */
export const probeCommand: Probe<'command'> = async ({ system }, check) => {
  const { argv, expect, timeoutMs } = check;
  const { exitCode, stdout, timedOut } = await system.exec.run(argv, { timeoutMs, ownGroup: true });
  const [program] = argv;
  if (timedOut) return { ok: false, evidence: `${program} did not end within ${timeoutMs} ms and was killed` };
  const ending = exitCode === null ? 'was ended by a signal' : `exited with ${exitCode}`;
  if (exitCode !== expect.exit) return { ok: false, evidence: `${program} ${ending}, and ${expect.exit} is expected` };
  if (expect.stdoutIncludes !== undefined && !stdout.includes(expect.stdoutIncludes)) {
    return { ok: false, evidence: `${program} ${ending} without the expected text in its output` };
  }
  return { ok: true, evidence: `${program} ${ending}` };
};
