import type { System } from '../../../system/index.ts';
import { pathsOf } from './instance-folder.ts';

/** The last lines of an instance's log, across its rotated files, oldest first, with known secrets redacted. */
export async function tailLog(system: System, folder: string, lines: number): Promise<readonly string[]> {
  const { log } = pathsOf(folder);
  let bytes: Buffer = Buffer.alloc(0);
  for (const path of [log, `${log}.1`, `${log}.2`]) {
    if (!(await system.files.exists(path))) continue;
    bytes = Buffer.concat([await system.files.readBytes(path), bytes]);
    // One line more than asked for tells that the first of those asked for is whole.
    if (countLines(bytes) > lines) break;
  }
  const all = system.redaction.apply(bytes.toString('utf8')).split('\n');
  if (all.at(-1) === '') all.pop();
  return lines > 0 ? all.slice(-lines) : [];
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
