/** `startDemo('shop/demo.mjs', '--json')`: a demo as somebody starts it, with a temporary folder of its own, so that what is left of it can be told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');

export interface Demo {
  readonly process: ChildProcess;
  /** Where it puts what it makes, and nobody else. */
  readonly temporary: string;
  /** Once the process and its output have ended. */
  readonly ended: Promise<{ readonly exit: number | null; readonly stdout: string; readonly stderr: string }>;
}

export interface DemoOptions {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export async function startDemo(program: string, { args = [], environment = {} }: DemoOptions = {}): Promise<Demo> {
  const temporary = await mkdtemp(join(tmpdir(), 'onward-demo-'));
  // A server of Postgres does not run as root, and reaches its own folder through this one.
  await chmod(temporary, 0o755);
  const child = spawn(process.execPath, [join(EXAMPLES, program), ...args], {
    env: { ...process.env, ...environment, TMPDIR: temporary },
  });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { process: child, temporary, ended: ended.then(([[exit], stdout, stderr]) => ({ exit, stdout, stderr })) };
}

/** Has a demo that is under way clean up, and removes its temporary folder. */
export async function endDemo(demo: Demo): Promise<void> {
  demo.process.kill('SIGINT');
  await demo.ended;
  await rm(demo.temporary, { recursive: true, force: true });
}

/** Presses Ctrl-C once the demo has said each of these, in this order. */
export function interruptAt({ process: child }: Demo, ...signs: readonly string[]): void {
  const awaited = [...signs];
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      while (awaited[0] !== undefined && chunk.includes(awaited[0])) {
        awaited.shift();
        if (awaited.length === 0) child.kill('SIGINT');
      }
    });
}

/** The one line of `--json`. */
export function parseSummary<T>(stdout: string): T {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) || '""') as T;
}
