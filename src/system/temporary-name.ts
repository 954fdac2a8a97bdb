import { randomBytes } from 'node:crypto';
import { pidNamespace, readProcess } from './process-table.ts';

/** `<name>.<pid>-<its start>-<its pid namespace>-<random>.tmp`. */
const HALF = /^(.*)\.(\d+)-(\d+)-(\d+)-[0-9a-f]{8}\.tmp$/;

let writer: string | undefined;

/** Two writers of one path, in one process or in several, must not share their temporary file. */
export function temporaryBeside(path: string): string {
  writer ??= [process.pid, readProcess(process.pid)?.startTicks, namespaceNumber()].join('-');
  return `${path}.${writer}-${randomBytes(4).toString('hex')}.tmp`;
}

/** What a temporary file was going to be; `undefined` of any other name. */
export function halfOf(name: string): string | undefined {
  return HALF.exec(name)?.[1];
}

/** Whether it is a temporary file of a process that has ended. Of another pid namespace nothing can be told. */
export function isAbandoned(name: string): boolean {
  const [, , pid, startTicks, namespace] = HALF.exec(name) ?? [];
  if (pid === undefined || namespace !== namespaceNumber()) return false;
  const found = readProcess(Number(pid));
  return !found || found.hasEnded || found.startTicks !== startTicks;
}

function namespaceNumber(): string {
  return pidNamespace().replace(/\D/g, '');
}
