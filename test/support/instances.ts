import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instance, InstanceSpec, Runtime } from '../../src/deploy/index.ts';
import { eventually } from './eventually.ts';

const workload = new URL('./workload.mjs', import.meta.url).pathname;
const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;

/** The specification of an instance that runs the workload with these arguments, in `folder`. */
export function specOf(
  folder: string,
  id: string,
  more: Partial<InstanceSpec> & { readonly behaviour?: readonly string[] } = {},
): InstanceSpec {
  const { behaviour = ['serve'], ...rest } = more;
  return {
    id,
    service: 'api',
    release: '1.2.0',
    kind: 'service',
    identity: digest('1'),
    config: digest('2'),
    artifact: folder,
    command: ['node', workload, ...behaviour],
    environment: { MARKS: join(folder, `${id}.marks`) },
    graceMs: 2_000,
    run: 'run-1',
    ...rest,
  };
}

/** Pids of all processes that ever ran the program of an instance, in order. */
export async function startsOf(spec: InstanceSpec): Promise<readonly number[]> {
  const text = await readFile(spec.environment.MARKS ?? '', 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}

export async function instanceOf(runtime: Runtime, spec: InstanceSpec): Promise<Instance | undefined> {
  return (await runtime.list(spec.service)).find((instance) => instance.id === spec.id);
}

export function stateOf(runtime: Runtime, spec: InstanceSpec): Promise<string | undefined> {
  return instanceOf(runtime, spec).then((instance) => instance?.state);
}

/** What the instance answers, once it listens. */
export async function askInstance(runtime: Runtime, spec: InstanceSpec): Promise<Answer> {
  const answer = await eventually(
    async () => {
      const { address } = (await instanceOf(runtime, spec)) ?? {};
      if (!address) return undefined;
      const response = await fetch(`http://${address.host}:${address.port}/`).catch(() => undefined);
      return response ? ((await response.json()) as Answer) : undefined;
    },
    (value) => value !== undefined,
  );
  if (!answer) throw new Error('No answer');
  return answer;
}

export interface Answer {
  readonly pid: number;
  readonly cwd: string;
  readonly environment: { readonly [name: string]: string };
}

/**
 * Which of these processes are alive. A zombie is not, unless other threads of it still live: those keep its files and sockets open
 * for a moment after a SIGKILL.
 */
export async function aliveOf(pids: readonly number[]): Promise<readonly number[]> {
  const alive: number[] = [];
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    if (text && !hasEnded(text)) alive.push(pid);
  }
  return alive;
}

/** Of a line of proc(5)'s `stat`: fields 3 (state) and 20 (number of threads), counted behind the name in parentheses. */
function hasEnded(stat: string): boolean {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'X' || (fields[0] === 'Z' && Number(fields[17]) <= 1);
}
