// The shop on three hosts goes from 1.0.0 to 1.2.0 and is brought back from 1.3.0, under load:
// node demo.mjs --ssh-config <file with eu-1, eu-2 and us-1> --database <url of an empty database>
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectEvidence } from '../demo/evidence.mjs';
import { copyChanged } from '../demo/files.mjs';
import { endLeftovers } from '../demo/leftovers.mjs';
import { startLoads } from '../demo/load.mjs';
import { tryBroken, upgradeTo } from '../demo/moves.mjs';
import { createOnward } from '../demo/onward.mjs';
import { readOptions } from '../demo/options.mjs';
import { choosePorts } from '../demo/ports.mjs';
import { runDemo } from '../demo/run-demo.mjs';
import { createVendor } from '../demo/vendor.mjs';
import { endConnections } from './demo/connections.mjs';
import { assertNeeds } from './demo/needs.mjs';
import { findFaults, renderSummary } from './demo/summary.mjs';
import { findDisturbed, listAllUnits } from './demo/units.mjs';

const EXAMPLE = fileURLToPath(new URL('.', import.meta.url));
const HOSTS = ['eu-1', 'eu-2', 'us-1'];
const REGIONS = ['api-eu', 'api-us'];
/** What a release changes, or the operator's upgrade to it. */
const CHANGED = { '1.1.0': ['api-eu', 'api-us', 'worker'], '1.2.0': ['api-eu', 'api-us', 'scheduler'] };

const OPTIONS = {
  'ssh-config': ['<file>', 'for ssh, which names the hosts eu-1, eu-2 and us-1'],
  database: ['<url>', 'of an empty database that this machine and the hosts reach'],
};
const options = readOptions('node examples/hosts/demo.mjs --ssh-config <file> --database <url>', OPTIONS, {
  rate: 60,
  required: Object.keys(OPTIONS),
});
const { database: databaseUrl, rate, 'ssh-config': sshConfig } = options;
await runDemo(options, { prepare, play, findFaults, renderSummary });

/** The first release, hosts that have the units, and the shop at 1.0.0 on them. */
async function prepare(stage) {
  await assertNeeds({ sshConfig, hosts: HOSTS, databaseUrl, signal: stage.signal });
  const folder = await mkdtemp(join(tmpdir(), 'onward-shop-'));
  stage.onEnd(() => rm(folder, { recursive: true }));
  const directory = join(folder, 'operator');
  const urls = await writeOperator(directory);
  const onward = createOnward({ directory, environment: { SHOP_DATABASE_URL: databaseUrl }, signal: stage.signal });
  stage.onEnd(() => endLeftovers(folder));
  stage.onEnd(() => endConnections(directory, HOSTS));
  stage.say('Preparing the hosts');
  await Promise.all(HOSTS.map((host) => onward.must(`provision --host ${host} --yes`)));
  const vendor = createVendor({ onward, folder, product: join(EXAMPLE, 'product.yaml') });
  stage.say('The vendor publishes 1.0.0');
  await vendor.publish('1.0.0');
  stage.onEnd(onward.takeDown);
  stage.say('Installing 1.0.0');
  await onward.must('channel set stable 1.0.0');
  await onward.must('provision --yes');
  return { onward, vendor, urls };
}

/** The operator's files as they stand here, with ports that are free. Returns where each region is open to the world. */
async function writeOperator(directory) {
  await mkdir(directory);
  await copyFile(resolve(sshConfig), join(directory, 'ssh_config'));
  const [eu, us] = (await choosePorts(2)).map((port) => `127.0.0.1:${port}`);
  await copyChanged(join(EXAMPLE, 'onward.yaml'), join(directory, 'onward.yaml'), {
    'source: ./releases': 'source: ../releases',
    '127.0.0.1:8081': eu,
    '127.0.0.1:8082': us,
  });
  return [`http://${eu}`, `http://${us}`];
}

/** The way to 1.2.0 and the attempt at 1.3.0, with load on both regions from before the first to after the last. */
async function play(stage, { onward, vendor, urls }) {
  stage.say(`Starting the load: ${rate} requests a second on each region, half of them over new connections`);
  const load = await startLoads(
    stage,
    urls.map((url) => ({ url, rate, front: 'api' })),
  );
  const place = { ...stage, onward, vendor, load };
  await stage.calm();
  const disturbed = new Set();
  for (const [version, changed] of Object.entries(CHANGED)) {
    const then = await listUnits();
    await upgradeTo([version], place);
    for (const unit of findDisturbed(then, await listUnits(), changed)) disturbed.add(unit);
    await stage.calm();
  }
  const before = await listUnits();
  const attempt = await tryBroken(
    place,
    'The operator tries 1.3.0, which is broken: the canary, eu-1, never becomes ready',
  );
  const after = await listUnits();
  await stage.calm();
  const reports = await load.stop();
  const acknowledgedIds = reports.flatMap((report) => report.acknowledgedIds);
  return {
    ...(await collectEvidence({ onward, databaseUrl, attempt, acknowledgedIds })),
    regions: reports.map(({ carried, failed, failures }, i) => ({ region: REGIONS[i], carried, failed, failures })),
    disturbed: [...disturbed],
    notBack: findDisturbed(before, after),
    units: after.map(({ host, unit }) => `${host} ${unit}`),
  };
}

function listUnits() {
  return listAllUnits(sshConfig, HOSTS);
}
