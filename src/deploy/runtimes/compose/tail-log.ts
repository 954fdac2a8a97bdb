import type { ComposeContext } from './compose-context.ts';
import type { Container } from './containers.ts';

const LIMIT_MS = 10_000;

/** The last lines of a container, of both outputs in the order in which they came, with known secrets redacted. */
export async function tailLog(context: ComposeContext, { Id }: Container, lines: number): Promise<readonly string[]> {
  const { exec, environment, redaction } = context.system;
  if (lines <= 0) return [];
  const argv = ['docker', 'logs', '--timestamps', '--tail', String(lines), Id];
  const said = await exec.run(argv, { environment: { ...environment }, timeoutMs: LIMIT_MS });
  // A log driver that cannot be read back is no reason to fail.
  if (said.exitCode !== 0) return [];
  const all = [...said.stdout.split('\n'), ...said.stderr.split('\n')].filter((line) => line !== '').sort();
  return all.slice(-lines).map((line) => redaction.apply(line.slice(line.indexOf(' ') + 1)));
}
