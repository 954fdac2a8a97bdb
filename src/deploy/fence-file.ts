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

/**
 * Each epoch seen is a file of its own, `<stateDirectory>/epochs/<epoch>`, and the highest one counts: a holder that is suspended in
 * the middle of `raise` cannot take back what another one has raised meanwhile.
 */
export function createFenceFile(files: Files, stateDirectory: string): FenceFile {
  const folder = join(stateDirectory, 'epochs');
  const seen = async (): Promise<readonly number[]> =>
    (await files.names(folder)).filter((name) => /^\d+$/.test(name)).map(Number);
  const read = async (): Promise<number> => Math.max(0, ...(await seen()));
  return {
    read,
    async raise(epoch) {
      if (epoch <= (await read())) return;
      await files.makeFolder(folder, 0o700);
      await files.createOnce(join(folder, String(epoch)), '');
      for (const lower of (await seen()).filter((each) => each < epoch))
        await files.remove(join(folder, String(lower)));
    },
    async assertCurrent(epoch) {
      const highest = await read();
      if (epoch < highest) throw fenced(epoch, highest);
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
