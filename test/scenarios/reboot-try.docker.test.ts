import { mkdtemp, rm, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { runOnward } from '../support/deployment.ts';
import { createProject, docker, removeProject } from '../support/docker.ts';
import { freePort } from '../support/free-port.ts';
import { haproxyImage } from '../support/images.ts';
import { type PrivateDockerd, startPrivateDockerd } from '../support/private-dockerd.ts';
import { buildServiceImage } from '../support/service-image.ts';

const project = createProject('adoptfaults-reboot');
let server: EmbeddedPostgres; let dockerd: PrivateDockerd; let folder: string; let port: number;
beforeAll(async () => {
  [server, dockerd] = await Promise.all([startEmbeddedPostgres({ isDurable: false }), startPrivateDockerd()]);
  folder = await mkdtemp(join(tmpdir(), `${project}-`)); port = await freePort();
  await dockerd.load(await haproxyImage());
  const names = ['api', 'web', 'other', 'more'];
  for (const name of names) await dockerd.load(await buildServiceImage({ project, name, tag: '1.0.0', base: 'busybox' }));
  await writeFile(join(folder, 'compose.yaml'), `name: ${project}
services:
  api: { image: "${project}/api:1.0.0", restart: always, ports: ["127.0.0.1:${port}:8080"] }
  web: { image: "${project}/web:1.0.0", restart: unless-stopped, expose: ["8080"] }
  other: { image: "${project}/other:1.0.0", restart: always }
  more: { image: "${project}/more:1.0.0", restart: always }
`);
  const sw = (s: string) => `{ haproxy: { socket: ./haproxy/run/admin.sock, master: ./haproxy/run/master.sock, backend: ${s}, file: ./haproxy/backends/${s}.cfg } }`;
  await writeFile(join(folder, 'onward.yaml'), `deployment: t
releases: { source: ./releases }
databases: { core: { url: "${server.url}/postgres" } }
compose: { folder: . }
services:
  api: { runtime: compose, port: 8080, ready: { http: /ready }, switch: ${sw('api')} }
  web: { runtime: compose, port: 8080, ready: { http: /ready }, switch: ${sw('web')} }
`);
  await docker(['compose', 'up', '--detach'], { cwd: folder, host: dockerd.host });
}, 180_000);
afterAll(async () => { await dockerd?.close(); await server?.remove(); await removeProject(project); await rm(folder, { recursive: true, force: true }); }, 120_000);
const onward = (...args: readonly string[]) => runOnward(args, { cwd: folder, environment: { DOCKER_HOST: dockerd.host } }).ended;
const look = async () => {
  console.log(await docker(['ps', '--all', '--format', '{{.Names}} {{.Status}} {{.Ports}}'], { host: dockerd.host }));
  const ids = (await docker(['ps', '--all', '--quiet'], { host: dockerd.host })).split('\n');
  console.log(await docker(['inspect', '--format', '{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Aliases}}{{end}} {{.State.Status}} {{.State.Error}}', ...ids], { host: dockerd.host }));
  console.log(await readFile(join(folder, 'haproxy/backends/api.cfg'), 'utf8').then((t) => t.match(/server api.*/g)?.join('\n')).catch(String));
  console.log(await fetch(`http://127.0.0.1:${port}/version`).then(async (r) => `${r.status} ${await r.text()}`).catch((e) => String(e.cause ?? e)));
};
it('tries', async () => {
  const r = await onward('adopt', 'traffic', '--yes', '--image', await haproxyImage());
  console.log(r.exit, r.stderr); await look();
  for (let i = 0; i < 3; i += 1) {
  console.log('REBOOT'); await dockerd.reboot(); 
  const t0 = Date.now(); 
  for (;;) { const a = await fetch(`http://127.0.0.1:${port}/version`).then((x) => x.status).catch(() => 0); if (a === 200) break; if (Date.now() - t0 > 40_000) break; await new Promise((d) => setTimeout(d, 20)); }
  console.log('back after', Date.now() - t0);
  await look();
  const sw = (await docker(['ps', '--quiet', '--filter', 'name=switch'], { host: dockerd.host }));
  console.log(await docker(['exec', sw, 'sh', '-c', 'echo "show servers state; show resolvers onward" | nc local:/run/onward/admin.sock || true'], { host: dockerd.host }).catch(String));
  }
  console.log(await readFile(join(folder, 'haproxy/backends/web.cfg'), 'utf8'));
}, 300_000);
