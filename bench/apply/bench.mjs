import { mustRun } from '../command.mjs';
import { median, renderMs, round } from '../figures.mjs';
import { installPeers } from '../peers.mjs';
import { connect, startPostgres } from '../postgres.mjs';
import { chooseCandidates } from './candidates.mjs';
import { expectedObjects, writeMigrations } from './write-migrations.mjs';

/** @type {import('../run.mjs').Bench} */
export const apply = {
  name: 'apply',
  title: 'a folder of tiny migrations applied to an empty database, and a run after it that finds nothing to do',
  async measure({ folder, tool, isQuick, say }) {
    const count = isQuick ? 25 : 500;
    const rounds = isQuick ? 1 : 7;
    await installPeers();
    const candidates = await chooseCandidates({ tool, folders: await writeMigrations(folder, count) });
    const server = await startPostgres();
    try {
      const times = new Map(candidates.map(({ name }) => [name, { apply: [], noop: [] }]));
      const node = [];
      for (let turn = 0; turn < rounds; turn += 1) {
        say(`round ${turn + 1} of ${rounds}`);
        for (const candidate of rotate(candidates, turn)) {
          const measured = await measureOne(server, candidate, count);
          times.get(candidate.name)?.apply.push(measured.apply);
          times.get(candidate.name)?.noop.push(measured.noop);
        }
        node.push((await mustRun([process.execPath, '-e', '0'])).ms);
      }
      return conclude(candidates, { times, node });
    } finally {
      await server.remove();
    }
  },
};

/** Each goes first in some round. */
function rotate(candidates, turn) {
  const first = turn % candidates.length;
  return [...candidates.slice(first), ...candidates.slice(0, first)];
}

async function measureOne(server, candidate, count) {
  const url = await server.createDatabase('bench');
  try {
    await server.checkpoint();
    const { argv, ...options } = candidate.command(url);
    const first = await mustRun(argv, options);
    await assertApplied(url, candidate, count);
    const second = await mustRun(argv, options);
    await assertApplied(url, candidate, count);
    return { apply: first.ms, noop: second.ms };
  } finally {
    await server.dropDatabase('bench');
  }
}

async function assertApplied(url, { name }, count) {
  const client = await connect(url, 'bench check');
  const { rows } = await client.query(
    `select (select count(*)::int from pg_class where relname ~ '^item_\\d+$') as tables,
            (select count(*)::int from pg_attribute a join pg_class c on c.oid = attrelid where attname = 'note' and relkind = 'r') as columns,
            (select count(*)::int from pg_class where relname ~ '^item_\\d+_name$') as indexes,
            (select count(*)::int from pg_class where relname ~ '^item_\\d+_names$') as views`,
  );
  await client.end();
  const expected = JSON.stringify(expectedObjects(count));
  if (JSON.stringify(rows[0]) !== expected)
    throw new Error(`${name} left ${JSON.stringify(rows[0])} instead of ${expected}`);
}

function conclude(candidates, { times, node }) {
  const medians = (name) => ({
    apply: Math.round(median(times.get(name).apply)),
    noop: Math.round(median(times.get(name).noop)),
  });
  const ours = medians('onward');
  const peers = Object.fromEntries(candidates.slice(1).map(({ name }) => [name, medians(name)]));
  const rivals = candidates.slice(1).filter(({ recordsPerFile }) => recordsPerFile);
  const fastest = (what) => Math.min(...rivals.map(({ name }) => peers[name][what]));
  const ratio = {
    apply: round(ours.apply / fastest('apply')),
    noop: round(ours.noop / fastest('noop')),
    noopToNode: round(ours.noop / median(node)),
  };
  const rows = candidates.map(({ name, recordsPerFile }) => {
    const { apply: applied, noop } = times.get(name);
    return [name, recordsPerFile ? 'each file' : 'all together', renderMs(applied), renderMs(noop)];
  });
  return {
    ours,
    peers: { ...peers, 'node -e 0': { noop: Math.round(median(node)) } },
    ratio,
    goal: { apply: 1, noop: 1 },
    met: ratio.apply < 1 && ratio.noop < 1,
    rows: [['', 'recorded', 'apply', 'no-op'], ...rows, ['node -e 0', '', '', renderMs(node)]],
  };
}
