import { join } from 'node:path';
import { ExitCode, OnwardError } from '../model/index.ts';
import type { Files } from '../system/index.ts';

/**
 * The highest epoch that this deployment's machine has seen. Local effects (starting, stopping, switching) are refused to holders
 * of a lower one, even when they were suspended between their last check and the effect.
 */
export interface FenceFile {
  /** The highest epoch seen; 0 when there was none. */
  read(): Promise<number>;
  /** Remembers an epoch. Never goes back. */
  raise(epoch: number): Promise<void>;
  /** Throws `deploy.fenced` when `epoch` is lower than the highest one seen. */
  assertCurrent(epoch: number): Promise<void>;
}

export function createFenceFile(files: Files, stateDirectory: string): FenceFile {
  const path = join(stateDirectory, 'epoch');
  const read = async (): Promise<number> => {
    const text = await files.readTextIfPresent(path);
    if (text === undefined) return 0;
    const epoch = Number(text.trim());
    if (!Number.isSafeInteger(epoch)) throw unreadable(path);
    return epoch;
  };
  return {
    read,
    async raise(epoch) {
      if (epoch > (await read())) await files.writeAtomic(path, `${epoch}\n`);
    },
    async assertCurrent(epoch) {
      const seen = await read();
      if (epoch < seen) throw fenced(epoch, seen);
    },
  };
}

/** Another operator has taken the lease since; this one must do nothing more. */
export function fenced(epoch: number, seen: number): OnwardError {
  return new OnwardError({
    code: 'deploy.fenced',
    message: `Could not change the deployment: epoch ${epoch} is stale, another operator holds epoch ${seen}.`,
    hint: 'Run "onward status" to see what the other operator does.',
    state: 'resumable',
    exit: ExitCode.leaseLost,
  });
}

function unreadable(path: string): OnwardError {
  return new OnwardError({
    code: 'deploy.unreadable-epoch',
    message: `Could not read the deployment's epoch: ${path} holds no number.`,
    hint: `Remove ${path} if no other operator is at work, then run "onward upgrade" again.`,
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
  });
}
