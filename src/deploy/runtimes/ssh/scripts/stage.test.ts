import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystem, hashArtifact } from '../../../../system/index.ts';
import { packArtifact } from '../pack-artifact.ts';
import { renderScript, ScriptExit } from '../script.ts';
import { LOOK_FOR_ARTIFACT, RECEIVE_ARTIFACT } from './stage.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });
const HEX = 'ab'.repeat(32);
/** As a send leaves them that was killed. */
const LEFT = [`${HEX}.tmp-Ab12Cd`, `${HEX}.tmp-Ab12Cd.manifest`, `${HEX}.tmp-Ab12Cd.tar.gz`];
let folder: string;
let artifacts: string;
let archive: Buffer;
let variables: Readonly<Record<string, string | number>>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-stage-'));
  artifacts = join(folder, 'shop/artifacts');
  const source = join(folder, 'dist');
  await mkdir(source);
  await writeFile(join(source, 'main.mjs'), 'console.log(1);\n');
  const { identity } = await hashArtifact(system.files, source);
  const packed = await packArtifact(system, { folder: source, identity, to: join(folder, 'packed') });
  archive = await readFile(packed.archive);
  variables = {
    ...{ FOLDER: folder, DEPLOYMENT: 'shop', EPOCH: 1, ACTION: 'stage', HEX, IDENTITY: identity },
    ...{ SHA256: createHash('sha256').update(archive).digest('hex'), MANIFEST: packed.manifest },
    ...{ FILES: 1, LINKS: 0, EXECUTABLES: 0 },
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** As a host runs it, without ssh between. */
async function run(
  text: string,
  input: Uint8Array = Buffer.alloc(0),
): Promise<{ readonly exit: number; readonly stdout: string }> {
  const script = renderScript({ action: 'stage', variables, text }).toString();
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.end(input);
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  const [exit] = await once(child, 'close');
  return { exit, stdout };
}

describe('sending an artifact to a host', () => {
  it('leaves nothing when the archive ends early, and the whole of it when it is sent again', async () => {
    expect((await run(RECEIVE_ARTIFACT, archive.subarray(0, -10))).exit).toBe(ScriptExit.wrongArtifact);
    expect(await readdir(artifacts)).toEqual([]);
    expect((await run(RECEIVE_ARTIFACT, archive)).exit).toBe(0);
    expect((await readdir(artifacts)).sort()).toEqual([HEX, `${HEX}.manifest`, `${HEX}.staged`]);
    expect((await run(LOOK_FOR_ARTIFACT)).stdout).toMatch(/^present\n\d+\n$/);
  });

  it('clears away what was cut off a day ago, not what may be on its way, nor what is in place', async () => {
    await run(RECEIVE_ARTIFACT, archive);
    const [unpacked = '', ...files] = LEFT.map((name) => join(artifacts, name));
    await mkdir(join(unpacked, 'half'), { recursive: true });
    for (const file of files) await writeFile(file, 'half');
    await run(LOOK_FOR_ARTIFACT);
    const inPlace = [HEX, `${HEX}.manifest`, `${HEX}.staged`];
    expect((await readdir(artifacts)).sort()).toEqual([...inPlace, ...LEFT].sort());
    // Nobody can set the time that it goes by; so for once what is younger than a day counts as older.
    const aDayLater = LOOK_FOR_ARTIFACT.replace('-cmin +1440 ', '-cmin -1440 ');
    expect(aDayLater).not.toBe(LOOK_FOR_ARTIFACT);
    expect((await run(aDayLater)).stdout).toMatch(/^present\n/);
    expect((await readdir(artifacts)).sort()).toEqual(inPlace);
  });
});
