import { join } from 'node:path';
import { ExitCode, OnwardError } from '../../model/index.ts';
import type { System } from '../system.ts';
import { inspectTarball } from './inspect-tarball.ts';
import { runTool } from './run-tool.ts';

/**
 * Unpacks a gzipped tar into a folder that is not there yet, without the one folder that holds everything in it, if there is one. Files are
 * this user's, 0600 or 0700, as the owner may run them; folders 0700. Throws `artifact.wrong-tarball` with a finding for
 * everything that speaks against it before anything is written, `artifact.no-tar`, `artifact.cannot-unpack`, and an error with the code ENOSPC when the disk is full. A failure
 * leaves nothing.
 */
export async function unpackTarball(
  system: System,
  { archive, to }: { readonly archive: string; readonly to: string },
): Promise<void> {
  const { files } = system;
  const { root, problems } = await inspectTarball(system, archive);
  if (problems.length > 0) throw wrongTarball(archive, problems);
  const whole = `${to}.whole`;
  await files.makeFolder(whole, 0o700);
  try {
    const plain = ['--no-same-owner', '--no-same-permissions'];
    const failed = await runTool(system, ['tar', '--extract', '--gzip', ...plain, `--file=${archive}`, '-C', whole]);
    // Folders that may not be written to are not removed either, so this comes first.
    const unset = await runTool(system, ['chmod', '-R', 'u=rwX,go=', whole]);
    if (failed !== undefined || unset !== undefined) throw cannotUnpack(archive, failed ?? unset ?? '');
    await files.rename(join(whole, root), to);
  } finally {
    await files.remove(whole);
  }
}

function wrongTarball(archive: string, problems: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'artifact.wrong-tarball',
    message: `Could not unpack ${archive}: ${problems.length === 1 ? 'a reason speaks' : 'reasons speak'} against it.`,
    hint: 'Pack it again without what is listed, then build a release of it.',
    state: 'unchanged',
    exit: ExitCode.usage,
    findings: problems.map((message) => ({ code: 'artifact.wrong-tarball', severity: 'error', message })),
    detail: problems.join('\n'),
  });
}

function cannotUnpack(archive: string, said: string): Error {
  if (said.includes('No space left on device')) {
    return Object.assign(new Error(said), { code: 'ENOSPC', syscall: 'write', path: archive });
  }
  return new OnwardError({
    code: 'artifact.cannot-unpack',
    message: `Could not unpack ${archive}: GNU tar and gzip of this machine did not do it.`,
    hint: 'Mend what it says below, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.needsOperator,
    detail: said,
  });
}
