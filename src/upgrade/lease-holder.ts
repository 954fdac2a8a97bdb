import { join } from 'node:path';
import type { ProcessIdentity, System } from '../system/index.ts';

/** Who took the lease from this machine, so that a dead holder's lease can be taken at once. */
interface HolderFile {
  readonly holder: string;
  readonly process: ProcessIdentity;
}

const HOLDER_FILE = 'holder.json';

/** Remembers on this machine who holds the lease. */
export async function recordHolder(system: System, stateDirectory: string, holder: string): Promise<void> {
  const file: HolderFile = { holder, process: system.processes.self() };
  await system.files.writeAtomic(join(stateDirectory, HOLDER_FILE), JSON.stringify(file));
}

/** The token of a holder on this machine whose process has certainly ended: it can do nothing any more. */
export async function findDeadHolder(system: System, stateDirectory: string): Promise<string | undefined> {
  const text = await system.files.readTextIfPresent(join(stateDirectory, HOLDER_FILE));
  if (text === undefined) return undefined;
  try {
    const file = JSON.parse(text) as HolderFile;
    return system.processes.state(file.process) === 'dead' ? file.holder : undefined;
  } catch {
    // A file that cannot be read proves nothing: wait for the lease to expire.
    return undefined;
  }
}
