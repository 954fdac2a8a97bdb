import { join } from 'node:path';
import { type Digest, ExitCode, OnwardError } from '../../../model/index.ts';
import { hashArtifact, type System } from '../../../system/index.ts';
import { missingArtifact, wrongIdentity } from '../../stage-artifact.ts';

const PACK_LIMIT_MS = 3_600_000;

export interface PackedArtifact {
  /** A gzipped tar of the folder's files. The caller removes it. */
  readonly archive: string;
  readonly sha256: string;
  readonly archiveBytes: number;
  /** Of the files in it. */
  readonly bytes: number;
  /** What `sha256sum --check` reads, relative to the folder. */
  readonly manifest: string;
  readonly links: number;
  readonly executables: number;
}

/**
 * Packs an artifact's folder once for all hosts, after it was compared with its identity. Equal folders give equal archives. Throws
 * `deploy.missing-artifact`, `deploy.wrong-identity`, `ssh.no-tar` and what `hashArtifact` throws.
 */
export async function packArtifact(
  system: System,
  options: { readonly folder: string; readonly identity: Digest; readonly to: string },
): Promise<PackedArtifact> {
  const { files } = system;
  const { folder, identity, to } = options;
  if (!(await files.isFolder(folder))) throw missingArtifact(folder);
  const source = await hashArtifact(files, folder);
  if (source.identity !== identity) throw wrongIdentity(folder, identity, source.identity);
  await files.makeFolder(to, 0o700);
  const archive = files.temporaryBeside(join(to, `${identity.slice('sha256:'.length)}.tar.gz`));
  const entries = await files.tree(folder);
  await runTar(system, folder, archive);
  return {
    archive,
    sha256: (await files.sha256(archive)).slice('sha256:'.length),
    archiveBytes: (await files.entry(archive))?.bytes ?? 0,
    bytes: source.bytes,
    manifest: await renderManifest(system, folder, entries),
    links: entries.filter(({ kind }) => kind === 'link').length,
    executables: entries.filter(({ kind, executable }) => kind === 'file' && executable).length,
  };
}

/** What `sha256sum --check` reads, of the files of a folder. */
export async function renderManifest(
  { files }: System,
  folder: string,
  entries: Awaited<ReturnType<System['files']['tree']>>,
): Promise<string> {
  const regular = entries.filter(({ kind }) => kind === 'file');
  const lines = await Promise.all(
    regular.map(async ({ path }) => renderManifestLine(path, await files.sha256(join(folder, path)))),
  );
  return lines.join('');
}

/** sha256sum writes a backslash first when it has to escape something in the name. */
export function renderManifestLine(path: string, digest: Digest): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === path ? '' : '\\'}${digest.slice('sha256:'.length)}  ./${escaped}\n`;
}

/** Modes are 0755 and 0644, owners and times are left out: a host reads nothing into them. */
async function runTar(system: System, folder: string, archive: string): Promise<void> {
  const plain = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  const argv = ['tar', '--create', '--format=gnu', ...plain, `--file=${archive}`, '--use-compress-program=gzip -n -1'];
  const environment = { PATH: system.environment.PATH, LC_ALL: 'C' };
  const { exitCode, stderr } = await system.exec
    .run([...argv, '--directory', folder, '.'], { timeoutMs: PACK_LIMIT_MS, environment })
    .catch((error: Error) => ({ exitCode: null, stderr: error.message }));
  if (exitCode === 0) return;
  await system.files.remove(archive);
  throw new OnwardError({
    code: 'ssh.cannot-pack',
    message: `Could not pack the artifact ${folder}: GNU tar and gzip of this machine did not do it.`,
    hint: 'Mend what it says below, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.needsOperator,
    detail: system.redaction.apply(stderr).trim(),
  });
}
