import { execFile } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, docker, removeProject } from './docker.ts';
import { eventually } from './eventually.ts';
import { type PrivateDockerd, startPrivateDockerd } from './private-dockerd.ts';
import { buildServiceImage } from './service-image.ts';

const project = createProject('private');
let image = '';
let engine: PrivateDockerd;

beforeAll(async () => {
  image = await buildServiceImage({ project, name: 'api', tag: '1.0.0' });
  engine = await startPrivateDockerd({ megabytes: 400 });
  await engine.load(image);
  await ours('network', 'create', 'shop');
  const naming = ['--name', 'api', '--network', 'shop', '--publish', '127.0.0.1::8080'];
  await ours('run', '--detach', '--restart', 'always', ...naming, image);
});
afterAll(async () => {
  await engine.close();
  await removeProject(project);
});

const ours = (...argv: readonly string[]) => docker(argv, { host: engine.host });

describe('startPrivateDockerd()', () => {
  it('lets containers reach each other by name, and us reach published ports', async () => {
    const said = await ours(
      'run',
      '--rm',
      '--network',
      'shop',
      image,
      'wget',
      '-q',
      '-O',
      '-',
      'http://api:8080/version',
    );
    expect(JSON.parse(said)).toMatchObject({ version: '1.0.0' });
    expect(await askPublished()).toMatchObject({ version: '1.0.0' });
  });

  it('leaves the bridge and the containers of the machine alone, restarted or killed', async () => {
    await docker(['run', '--detach', '--name', `${project}-bystander`, '--publish', '127.0.0.1::8080', image]);
    const bystander = `http://${await docker(['port', `${project}-bystander`, '8080'])}/version`;
    const address = await docker(['inspect', '--format', '{{.NetworkSettings.IPAddress}}', `${project}-bystander`]);
    const rules = await rulesFor(address);
    expect(rules).toHaveLength(1);
    await engine.restart();
    await engine.kill();
    await engine.start();
    expect(await askPublished()).toMatchObject({ version: '1.0.0' });
    expect(await rulesFor(address)).toEqual(rules);
    expect(Object.keys(networkInterfaces())).toContain('docker0');
    expect(await (await fetch(bystander)).json()).toMatchObject({ version: '1.0.0' });
  });

  it('has a disk that can be full', async () => {
    await engine.disk.fill();
    await expect(ours('create', image)).rejects.toThrow('no space left on device');
    await engine.disk.makeRoom();
    await ours('create', image);
  });
});

async function askPublished(): Promise<unknown> {
  const answer = await eventually(
    async () => fetch(`http://${await ours('port', 'api', '8080')}/version`).catch(() => undefined),
    (response) => response !== undefined,
  );
  return answer?.json();
}

/** What lets others reach a published port. */
async function rulesFor(address: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('iptables', ['--wait', '--list-rules', 'DOCKER']);
  return stdout.split('\n').filter((line) => line.includes(`${address}/32`));
}
