import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import type { Behaviour } from '../support/deployment.ts';
import { createProject, docker, removeProject } from '../support/docker.ts';
import { eventually } from '../support/eventually.ts';
import { createHostsDeployment, type HostsDeployment } from '../support/hosts-deployment.ts';
import { type Registry, type RegistryFront, startRegistry, startRegistryFront } from '../support/registry.ts';
import { buildServiceImage } from '../support/service-image.ts';
import { renderUnit, writeUnit } from '../support/ssh-units.ts';
import { startSteadyLoad } from '../support/steady-load.ts';
import { type Host, type Hosts, startHosts } from '../support/systemd-hosts.ts';

const owner = createProject('hosts-images');
let server: EmbeddedPostgres;
let hosts: Hosts;
let registry: Registry;
let front: RegistryFront;
let tiny: HostsDeployment;

beforeAll(async () => {
  [server, hosts, registry] = await Promise.all([
    startEmbeddedPostgres({ isDurable: false }),
    startHosts(2, { hasDocker: true }),
    startRegistry(),
  ]);
  front = await startRegistryFront(registry.host);
  await hosts.lend(Number(front.host.split(':')[1]));
  for (const unit of ['search@.service', 'index.service'])
    await Promise.all(hosts.list.map((host) => writeUnit(host, unit, renderUnit('DynamicUser=yes'))));
  const images = { search: `${front.host}/tiny/search:\${version}`, index: `${front.host}/tiny/index:1` };
  tiny = await createHostsDeployment(server, { hosts, images, search: 'canary: true' });
  // The first start of an image takes longer than that of a folder.
  await tiny.writeDeployment((text) => text.replaceAll('readyTimeout: 6s', 'readyTimeout: 20s'));
  await push('index', '1');
  await publish('1.0.0');
  const { exit, stderr } = await tiny.onward(['provision', '--yes']);
  expect([exit, stderr]).toEqual([0, expect.stringContaining('Serving: 1.0.0.')]);
}, 600_000);
afterAll(async () => {
  try {
    await tiny?.remove();
  } finally {
    front?.close();
    await hosts?.close();
    await registry?.close();
    await server?.remove();
    await removeProject(owner);
  }
});

describe('onward upgrade of images on hosts', { timeout: 180_000 }, () => {
  it('changes nothing when a registry refuses an image at stage', async () => {
    const before = await containers();
    await publish('1.1.0', { mark: '1.1.0' });
    front.behave('refuses-layers');
    const { exit, stderr } = await tiny.onward(['upgrade', '--yes']);
    front.behave('passes');
    expect(stderr).toContain('runtime.pull-refused');
    expect(stderr).toMatch(/tiny\/search@sha256:\w+ on host\d: the registry refuses it/);
    expect(exit).not.toBe(0);
    expect(await containers()).toEqual(before);
  });

  it('goes to the next image without a failed request, whatever its tag is by now, and restarts nothing that is carried', async () => {
    const before = await containers();
    // Whoever pushed the tag again, what the release pins is what runs.
    await push('search', '1.1.0', { neverReady: true });
    const load = startSteadyLoad([tiny.ports.search, tiny.ports.index]);
    const { exit, stderr } = await tiny.onward(['upgrade', '--yes']);
    const { failures, carried } = await load.stop();
    expect([exit, stderr]).toEqual([0, expect.stringContaining('Serving: 1.1.0.')]);
    expect(failures).toEqual([]);
    expect(carried).toBeGreaterThan(100);
    const after = await containers();
    expect(after.filter(isIndex)).toEqual(before.filter(isIndex));
    expect(after.filter((line) => !isIndex(line))).toEqual(
      Array.from({ length: 2 }, () => expect.stringMatching(/^onward\.search-search-1\.1\.0-\S+ /)),
    );
    expect((await tiny.onward(['doctor'])).stdout).toContain('Tag 1.1.0 of ');
    expect(await tiny.onward(['upgrade', '--yes'])).toMatchObject({
      ...{ exit: 0, stderr: expect.stringContaining('Nothing to do: 1.1.0 is installed') },
    });
    expect(await containers()).toEqual(after);
  });

  it('goes back from an image that never becomes ready', async () => {
    const before = await containers();
    await publish('1.2.0', { neverReady: true, why: 'a setting is missing' });
    const load = startSteadyLoad([tiny.ports.search]);
    const { exit, stderr } = await tiny.onward(['upgrade', '--yes']);
    expect([exit, stderr]).toEqual([3, expect.stringContaining('a setting is missing')]);
    expect((await load.stop()).failures).toEqual([]);
    expect(await containers()).toEqual(before);
    const { stdout } = await tiny.onward(['status']);
    expect(stdout).toMatch(/search-1\.1\.0-\w+-1 +running +0 .*host1: search@search-1\.1\.0-\w+-1\.service/);
    expect(stdout).toMatch(/host1 .*, Docker \d/);
  });
});

describe('onward adopt of units that run images', { timeout: 60_000 }, () => {
  it('names the image by the digest that its host knows, and copies no value', async () => {
    const [host] = hosts.list;
    if (!host) throw new Error('There is no host');
    const image = `${front.host}/tiny/index:1`;
    const program = (await host.exec(['sh', '-c', 'command -v docker'])).trim();
    const own = '--memory 256m -e PORT=8099 -e PGHOST=db.internal -e PGPASSWORD=hidden-word';
    const start = `${program} run --rm --name old-index --network host ${own} ${image}`;
    await host.exec(['docker', 'pull', '--quiet', image]);
    await writeUnit(host, 'old.service', `[Service]\nType=exec\nExecStart=${start}\n`);
    await host.exec(['systemctl', 'start', 'old']);
    await eventually(
      () => host.exec(['sh', '-c', 'ss -H -ltn']),
      (ports) => ports.includes(':8099'),
    );
    const adopt = [
      'adopt',
      '--file',
      '/srv/adopted',
      '--ssh-config',
      hosts.sshConfig,
      '--host',
      'host1',
      '--unit',
      'old.service',
    ];
    const { exit, stdout, stderr } = await tiny.onward(adopt);
    await host.exec(['systemctl', 'stop', 'old']);
    expect(exit, stderr).toBe(0);
    expect(stdout).toMatch(/ {4}# port: its process listens there\n {4}port: 8099\n/);
    expect(stdout).toMatch(/its docker run gives it PGHOST, PGPASSWORD; values are not copied/);
    expect(stdout).toContain('Environment="DOCKER_RUN_OPTIONS=--memory 256m"');
    const asked = ['docker', 'image', 'inspect', '--format', '{{index .RepoDigests 0}}', image];
    expect(stdout).toContain(`# image: host1 runs ${image} as this\n    image: "${await host.exec(asked)}"\n`);
    expect(stdout + stderr).not.toContain('hidden-word');
  });
});

async function push(service: string, tag: string, behaviour: Behaviour = {}): Promise<void> {
  const reference = await buildServiceImage({ project: owner, name: service, tag, behaviour });
  await registry.push(reference, `tiny/${service}:${tag}`);
}

async function publish(version: string, behaviour: Behaviour = {}): Promise<void> {
  await push('search', version, behaviour);
  await tiny.publish(version);
}

/** `<name> <id> <since>` of each on all hosts. */
async function containers(): Promise<readonly string[]> {
  const texts = await Promise.all(hosts.list.map(containersOn));
  return texts.flatMap((text) => text.split('\n').filter(Boolean).sort());
}

function containersOn(host: Host): Promise<string> {
  const list = `docker ps --all --quiet | xargs --no-run-if-empty docker inspect --format '{{slice .Name 1}} {{.Id}} {{.State.StartedAt}}'`;
  return docker(['exec', host.container, 'sh', '-c', list]);
}

const isIndex = (line: string) => line.startsWith('onward.index ');
