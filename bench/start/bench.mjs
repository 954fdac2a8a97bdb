import { mustRun, runCommand } from '../command.mjs';
import { createDeployment } from '../deployment.mjs';
import { median, renderMs, round } from '../figures.mjs';
import { startPostgres } from '../postgres.mjs';

const GOAL = { version: 2, status: 4 };
const SERVICES = { api: { startMs: 0, after: [] }, web: { startMs: 0, after: ['api'] } };

/** @type {import('../run.mjs').Bench} */
export const start = {
  name: 'start',
  title: '"onward --version" and "onward status" of two running services, against bare Node',
  async measure({ folder, tool, isQuick }) {
    const rounds = isQuick ? 3 : 25;
    const server = await startPostgres();
    const databaseUrl = await server.createDatabase('bench');
    const deployment = await createDeployment({ folder, databaseUrl, tool, services: SERVICES });
    try {
      await deployment.publish('1.0.0');
      await deployment.onward('provision', '--yes');
      const commands = {
        node: [process.execPath, '-e', '0'],
        version: [process.execPath, tool.program, '--version'],
        status: [process.execPath, tool.program, 'status'],
      };
      const times = { node: [], version: [], status: [] };
      for (let turn = 0; turn < rounds; turn += 1) {
        for (const [name, argv] of Object.entries(commands)) {
          times[name].push((await mustRun(argv, { cwd: deployment.operator })).ms);
        }
      }
      return conclude(times);
    } finally {
      await runCommand([process.execPath, tool.program, 'down', '--yes'], { cwd: deployment.operator });
      await server.remove();
    }
  },
};

function conclude(times) {
  const node = median(times.node);
  const ratio = { version: round(median(times.version) / node), status: round(median(times.status) / node) };
  const ms = (name) => Math.round(median(times[name]));
  return {
    ours: { version: ms('version'), status: ms('status') },
    peers: { 'node -e 0': ms('node') },
    ratio,
    goal: GOAL,
    met: ratio.version <= GOAL.version && ratio.status <= GOAL.status,
    rows: [
      ['', 'time', 'ratio', 'goal'],
      ['node -e 0', renderMs(times.node), '1', ''],
      ['onward --version', renderMs(times.version), String(ratio.version), `≤ ${GOAL.version}`],
      ['onward status', renderMs(times.status), String(ratio.status), `≤ ${GOAL.status}`],
    ],
  };
}
