import { basename, join } from 'node:path';
import { type Component, contentOf, type FilesComponent } from '../../../model/index.ts';
import { stageArtifact } from '../../stage-artifact.ts';
import type { StageRequest } from '../runtime.ts';
import { fencedScript } from './change-instances.ts';
import { noRoomOnHost, wrongArtifact } from './errors.ts';
import { type PackedArtifact, packArtifact } from './pack-artifact.ts';
import { ScriptExit } from './script.ts';
import { LOOK_FOR_ARTIFACT, RECEIVE_ARTIFACT } from './scripts/stage.ts';
import { configOf, type SshContext } from './ssh-context.ts';
import { referenceOf, stageImageOnHosts } from './stage-images.ts';

const LOOK_LIMIT_MS = 300_000;
/** For a slow line: 50 bytes in a millisecond. */
const BYTES_PER_MS = 50;

/** Where a component stands on a host; of an image, how its engine knows it. */
export function locateOnHost({ hosts, deployment }: SshContext, component: Component): string {
  if (component.kind === 'image') return referenceOf(component);
  return join(hosts.folder, deployment, 'artifacts', component.identity.slice('sha256:'.length));
}

/**
 * Brings a component to every host of its service, side by side. All of them have room before the first byte is sent. An artifact that is
 * there already is compared with its files' checksums again, and sent again when it has changed.
 */
export async function stageOnHosts(context: SshContext, request: StageRequest, epoch: number): Promise<void> {
  const { component, service, from } = request;
  if (component.kind === 'image') return stageImageOnHosts({ context, component, service, epoch });
  const { system, stateDirectory } = context;
  // What a vendor packed is unpacked and judged here, and sent as every other folder is.
  const folder = component.kind === 'folder' ? from : await stageArtifact(system, { component, from, stateDirectory });
  const to = join(stateDirectory, 'ssh', 'packed');
  const packed = await packArtifact(system, { folder, identity: contentOf(component).identity, to });
  try {
    const staging: Staging = { context, component, service, epoch, packed };
    const { hosts } = configOf(context, service);
    const looks = await Promise.all(hosts.map((host) => lookOnHost(staging, host)));
    for (const { host, isPresent, free } of looks) {
      const needed = packed.bytes + packed.archiveBytes;
      if (!isPresent && !(free >= needed)) throw noRoomOnHost(host, `stage ${service}`, { needed, free });
    }
    await Promise.all(looks.filter(({ isPresent }) => !isPresent).map(({ host }) => sendToHost(staging, host)));
  } finally {
    await system.files.remove(packed.archive);
  }
}

interface Staging {
  readonly context: SshContext;
  readonly component: FilesComponent;
  readonly service: string;
  readonly epoch: number;
  readonly packed: PackedArtifact;
}

async function lookOnHost(
  staging: Staging,
  host: string,
): Promise<{ readonly host: string; readonly isPresent: boolean; readonly free: number }> {
  const { context, service } = staging;
  const script = stagingScript(staging, `look for the artifact of ${service}`, LOOK_FOR_ARTIFACT);
  const { stdout } = await context.connections.run(host, script, { limitMs: LOOK_LIMIT_MS });
  const [state, free] = stdout.trim().split('\n');
  return { host, isPresent: state === 'present', free: Number(free) };
}

async function sendToHost(staging: Staging, host: string): Promise<void> {
  const { context, service, packed } = staging;
  const { clock, files, log } = context.system;
  const startedMs = clock.monotonicMs();
  const { exitCode, stderr } = await context.connections.run(
    host,
    stagingScript(staging, `stage ${service}`, RECEIVE_ARTIFACT),
    {
      limitMs: LOOK_LIMIT_MS + packed.archiveBytes / BYTES_PER_MS,
      input: () => files.readPieces(packed.archive),
      expected: [ScriptExit.wrongArtifact],
    },
  );
  if (exitCode === ScriptExit.wrongArtifact) throw wrongArtifact(host, service, stderr);
  const ms = Math.round(clock.monotonicMs() - startedMs);
  log.emit({ type: 'ssh.staged', host, service, bytes: packed.archiveBytes, ms });
}

function stagingScript({ context, component, epoch, packed }: Staging, action: string, text: string) {
  const { manifest, links, executables, sha256 } = packed;
  return fencedScript(context, action, {
    epoch,
    text,
    variables: {
      ...{ HEX: basename(locateOnHost(context, component)), IDENTITY: component.identity, SHA256: sha256 },
      ...{ MANIFEST: manifest, FILES: manifest === '' ? 0 : manifest.trimEnd().split('\n').length },
      ...{ LINKS: links, EXECUTABLES: executables },
    },
  });
}
