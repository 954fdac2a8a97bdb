import { basename, dirname, join } from 'node:path';
import {
  assertNever,
  contentOf,
  type Digest,
  ExitCode,
  type FilesComponent,
  formatBytes,
  OnwardError,
} from '../model/index.ts';
import { hashArtifact, identifyArtifact, type System, unpackTarball } from '../system/index.ts';

export interface StageOptions {
  readonly component: FilesComponent;
  /** The artifact in the release source: a folder, or a tarball. */
  readonly from: string;
  readonly stateDirectory: string;
}

const STAGING = '.staging-';

/** Where a staged artifact stands; content-addressed, so that releases share what they have in common. */
export function artifactPath(stateDirectory: string, identity: Digest): string {
  return join(stateDirectory, 'artifacts', identity.slice('sha256:'.length));
}

/**
 * Copies or unpacks an artifact to `<stateDirectory>/artifacts/<hex>` and returns that path. It is there whole and verified, or not at all;
 * one that is there already is verified again, and replaced when it has changed. Throws `deploy.missing-artifact`,
 * `deploy.wrong-identity`, `deploy.no-space`, and what `hashArtifact` and `unpackTarball` throw.
 */
export async function stageArtifact(system: System, options: StageOptions): Promise<string> {
  const { files } = system;
  const { component, from, stateDirectory } = options;
  const { identity, bytes } = contentOf(component);
  const target = artifactPath(stateDirectory, component.identity);
  const folder = dirname(target);
  const hex = basename(target);
  if (await isIntact(system, target, identity)) return target;
  await assertShipped(system, component, from);
  await files.makeFolder(folder, 0o700);
  await assertSpace(system, folder, bytes);
  await clearAbandoned(system, folder);
  const { pid, startTicks } = system.processes.self();
  const temporary = join(folder, `${STAGING}${hex}-${pid}-${startTicks}-${system.random.hex(4)}`);
  try {
    await place(system, component, { from, to: temporary });
    const copy = await hashArtifact(files, temporary);
    if (copy.identity !== identity) throw wrongIdentity(from, identity, copy.identity);
    await putInPlace(system, temporary, { target, identity });
  } catch (error) {
    await files.remove(temporary);
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC'
      ? noSpace(folder, bytes, await files.freeBytes(folder))
      : error;
  }
  return target;
}

/** The source has it, byte by byte. Throws `deploy.missing-artifact`, `deploy.wrong-identity` and what `hashArtifact` throws. */
export async function assertShipped(system: System, component: FilesComponent, from: string): Promise<void> {
  const { kind, identity } = component;
  if (!(await system.files.exists(from))) throw missingArtifact(from);
  const found = await identifyArtifact(system.files, { kind, path: from });
  if (found.identity !== identity) throw wrongIdentity(from, identity, found.identity);
}

function place(
  system: System,
  { kind }: FilesComponent,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  switch (kind) {
    case 'folder':
      return system.files.copy(from, to);
    case 'tarball':
      return unpackTarball(system, { archive: from, to });
    default:
      return assertNever(kind);
  }
}

/** Copies that were under way when the process that made them was killed. */
async function clearAbandoned(system: System, folder: string): Promise<void> {
  for (const name of await system.files.names(folder)) {
    const [, pid, startTicks] = /^\.staging-[0-9a-f]+-(\d+)-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || system.processes.identify(Number(pid))?.startTicks === startTicks) continue;
    await system.files.remove(join(folder, name));
  }
}

async function isIntact(system: System, folder: string, identity: Digest): Promise<boolean> {
  if (!(await system.files.isFolder(folder))) return false;
  try {
    return (await hashArtifact(system.files, folder)).identity === identity;
  } catch (error) {
    if (error instanceof OnwardError) return false;
    throw error;
  }
}

/** A copy that has changed steps aside: what still runs from it keeps its working folder, which is not deleted under it. */
async function putInPlace(
  system: System,
  temporary: string,
  { target, identity }: { readonly target: string; readonly identity: Digest },
): Promise<void> {
  const { files } = system;
  if (await files.isFolder(target)) {
    // Another stage of the same artifact may have been faster.
    if (await isIntact(system, target, identity)) return files.remove(temporary);
    const aside = `${target}.changed-${system.random.hex(4)}`;
    await files.rename(target, aside);
    system.log.emit({ type: 'stage.replaced', artifact: target, aside });
  }
  try {
    await files.rename(temporary, target);
  } catch (error) {
    if (!(await isIntact(system, target, identity))) throw error;
    await files.remove(temporary);
  }
}

async function assertSpace(system: System, folder: string, bytes: number): Promise<void> {
  const free = await system.files.freeBytes(folder);
  if (free < bytes) throw noSpace(folder, bytes, free);
}

export function missingArtifact(from: string): OnwardError {
  return new OnwardError({
    code: 'deploy.missing-artifact',
    message: `Could not stage the artifact ${from}: the release source does not have it.`,
    hint: 'Copy the release source again from where it was published, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function wrongIdentity(from: string, wanted: Digest, found: Digest): OnwardError {
  return new OnwardError({
    code: 'deploy.wrong-identity',
    message: `Could not stage the artifact ${from}: it is ${found}, and the release says ${wanted}.`,
    hint: 'Copy the release source again from where it was published, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

function noSpace(folder: string, needed: number, free: number): OnwardError {
  return new OnwardError({
    code: 'deploy.no-space',
    message: `Could not stage an artifact in ${folder}: it needs ${formatBytes(needed)}, and ${formatBytes(free)} are free.`,
    hint: `Free space on the file system of ${folder}, then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}
